import {
  beginsWithDayMonth,
  digitAt,
  hasYearMonthDay,
  isDay,
  modulo,
  passesLuhn,
  twoDigits,
  weightedSum,
} from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** The last ten digits pass Luhn; a coordination number has 60 added to its day. */
function isPersonnummer(digits: string): boolean {
  const ten = digits.slice(-10)
  if (!/^\d{10}$/.test(ten) || (digits.length === 12 && !/^(?:19|20)/.test(digits))) return false
  const day = twoDigits(ten, 4)
  return isDay(twoDigits(ten, 2), day > 60 ? day - 60 : day) && passesLuhn(ten)
}

/** A temporary number has 40 added to its day; two check digits. */
function isNorwegianNumber(digits: string): boolean {
  if (!/^\d{11}$/.test(digits)) return false
  const day = twoDigits(digits, 0)
  if (!isDay(twoDigits(digits, 2) % 40, day > 40 ? day - 40 : day)) return false
  if (weightedSum(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 !== 0) return false
  return weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
}

/** Since 2007 there are numbers that do not pass the check. */
function isCpr(digits: string): boolean {
  return /^\d{10}$/.test(digits) && beginsWithDayMonth(digits)
}

function isCheckedCpr(digits: string): boolean {
  return isCpr(digits) && weightedSum(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
}

/** The rest of day and serial modulo 31 as one of these; a letter between them says the century. */
function isHetu(chars: string): boolean {
  if (!/^\d{6}[A-FU-Y]?\d{3}[0-9A-FHJ-NPR-Y]$/.test(chars) || !beginsWithDayMonth(chars)) return false
  const rest = modulo(chars.slice(0, 6) + chars.slice(-4, -1), 31)
  return '0123456789ABCDEFHJKLMNPRSTUVWXY'[rest] === chars.at(-1)
}

function isKennitala(digits: string): boolean {
  if (!/^\d{9}[089]$/.test(digits) || !beginsWithDayMonth(digits)) return false
  return (weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2]) + digitAt(digits, 8)) % 11 === 0
}

/** Estonia and Lithuania: weights from 1 on, and from 3 on when the rest is 10. */
function isBalticCode(digits: string): boolean {
  if (!/^[1-6]\d{10}$/.test(digits) || !hasYearMonthDay(digits, 1)) return false
  const first = weightedSum(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  const second = weightedSum(digits, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11
  return (first < 10 ? first : second % 10) === digitAt(digits, 10)
}

const cprWords = contextWords('cpr', 'cpr-nr', 'personnummer')

/** National ids of Sweden, Norway, Denmark, Finland, Iceland, Estonia and Lithuania. */
export const northernEuropeanIds: readonly IdFormat[] = [
  {
    kind: 'se_personnummer',
    forms: ['6-4', '6+4', '8-4', '12?', '10?'],
    isValid: isPersonnummer,
    words: contextWords('personnummer', 'pnr', 'samordningsnummer'),
  },
  {
    kind: 'no_fodselsnummer',
    forms: ['6 5', '11?'],
    isValid: isNorwegianNumber,
    words: contextWords('fødselsnummer', 'fodselsnummer', 'personnummer', 'd-nummer', 'fnr'),
  },
  { kind: 'dk_cpr', forms: ['6-4'], isValid: isCheckedCpr, words: cprWords, score: 0.85 },
  { kind: 'dk_cpr', forms: ['6-4?', '10?'], isValid: isCpr, words: cprWords, score: 0.84 },
  {
    kind: 'fi_hetu',
    forms: ['11', '6-4', '6+4'],
    isValid: isHetu,
    words: contextWords('hetu', 'henkilötunnus', 'henkilotunnus', 'personbeteckning'),
    score: 0.91,
  },
  { kind: 'is_kennitala', forms: ['6-4', '10?'], isValid: isKennitala, words: contextWords('kennitala', 'kt') },
  { kind: 'ee_isikukood', forms: ['11?'], isValid: isBalticCode, words: contextWords('isikukood', 'isikukoodi') },
  { kind: 'lt_asmens_kodas', forms: ['11?'], isValid: isBalticCode, words: contextWords('asmens kod') },
]
