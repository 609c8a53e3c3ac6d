import { digitAt, hasYearMonthDay, isDay, modulo, twoDigits, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** The month tells the century too: 20, 40, 60 or 80 more. */
function isPesel(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || !isDay(twoDigits(digits, 2) % 20, twoDigits(digits, 4))) return false
  return weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
}

/** Women's months have 50 more, and 20 more when a day's numbers were used up. */
function isBirthNumber(digits: string): boolean {
  if (!/^\d{10}$/.test(digits)) return false
  const month = twoDigits(digits, 2) % 50
  if (!isDay(month > 20 ? month - 20 : month, twoDigits(digits, 4))) return false
  return modulo(digits, 11) === 0 || (modulo(digits.slice(0, 9), 11) === 10 && digits.endsWith('0'))
}

function isCnp(digits: string): boolean {
  if (!/^[1-9]\d{12}$/.test(digits) || !hasYearMonthDay(digits, 1)) return false
  const rest = weightedSum(digits, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
  return (rest === 10 ? 1 : rest) === digitAt(digits, 12)
}

function isEgn(digits: string): boolean {
  if (!/^\d{10}$/.test(digits) || !isDay(twoDigits(digits, 2) % 20, twoDigits(digits, 4))) return false
  return (weightedSum(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === digitAt(digits, 9)
}

function isTaj(digits: string): boolean {
  return /^\d{9}$/.test(digits) && weightedSum(digits, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === digitAt(digits, 8)
}

function isRnokpp(digits: string): boolean {
  if (!/^\d{10}$/.test(digits)) return false
  const rest = weightedSum(digits, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11
  return ((rest + 11) % 11) % 10 === digitAt(digits, 9)
}

function isSnils(digits: string): boolean {
  if (!/^\d{11}$/.test(digits)) return false
  return (weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === twoDigits(digits, 9)
}

/** Of a person: twelve digits, the last two check those before them. */
function isRussianInn(digits: string): boolean {
  if (!/^\d{12}$/.test(digits)) return false
  const eleventh = (weightedSum(digits, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10
  const twelfth = (weightedSum(digits, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10
  return eleventh === digitAt(digits, 10) && twelfth === digitAt(digits, 11)
}

/** National ids of Poland, Czechia and Slovakia, Romania, Bulgaria, Hungary, Ukraine, Russia. */
export const easternEuropeanIds: readonly IdFormat[] = [
  { kind: 'pl_pesel', forms: ['11?'], isValid: isPesel, words: contextWords('pesel', 'polish id') },
  {
    kind: 'cz_birth_number',
    forms: ['6/4', '10?'],
    isValid: isBirthNumber,
    words: contextWords('rodné číslo', 'rodne cislo', 'rodného', 'r\\.č', 'birth number'),
  },
  { kind: 'ro_cnp', forms: ['13?'], isValid: isCnp, words: contextWords('cnp', 'cod numeric personal') },
  { kind: 'bg_egn', forms: ['10?'], isValid: isEgn, words: contextWords('egn', 'егн', 'ЕГН') },
  { kind: 'hu_taj', forms: ['3 3 3?', '3-3-3?', '9?'], isValid: isTaj, words: contextWords('taj', 'taj-szám') },
  {
    kind: 'ua_rnokpp',
    forms: ['10?'],
    isValid: isRnokpp,
    words: contextWords('rnokpp', 'рнокпп', 'РНОКПП', 'ІПН', 'іпн'),
  },
  {
    kind: 'ru_snils',
    forms: ['3-3-3 2', '3-3-3-2', '11?'],
    isValid: isSnils,
    words: contextWords('snils', 'снилс', 'СНИЛС'),
  },
  { kind: 'ru_inn', forms: ['12?'], isValid: isRussianInn, words: contextWords('inn', 'инн', 'ИНН') },
]
