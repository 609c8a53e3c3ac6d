import { digitAt, hasYearMonthDay, passesLuhn, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** Nine digits; older ones have eight. */
function isTfn(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false
  return weightedSum(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0
}

function isAustralianMedicare(digits: string): boolean {
  if (!/^[2-6]\d{9}$/.test(digits)) return false
  return weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitAt(digits, 8)
}

/** A second row of weights when the first gives ten. */
function isIrd(written: string): boolean {
  const digits = written.padStart(9, '0')
  if (!/^\d{9}$/.test(digits)) return false
  const first = check(weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2]))
  const found = first < 10 ? first : check(weightedSum(digits, [7, 4, 3, 2, 5, 2, 7, 6]))
  return found === digitAt(digits, 8)
}

function check(sum: number): number {
  return (11 - (sum % 11)) % 11
}

/** Day of birth, serial, citizenship (0 to 2), a digit that is 8 or 9 in nearly all, Luhn. */
function isSouthAfricanId(digits: string): boolean {
  return /^\d{10}[0-2]\d\d$/.test(digits) && hasYearMonthDay(digits) && passesLuhn(digits)
}

function isCommonSouthAfricanId(digits: string): boolean {
  return /^\d{10}[01][89]\d$/.test(digits) && isSouthAfricanId(digits)
}

/** Century, day of birth, governorate; there is no public check. */
function isEgyptianId(digits: string): boolean {
  return /^[23]\d{13}$/.test(digits) && hasYearMonthDay(digits, 1)
}

const southAfricanWords = contextWords('sa id', 'south africa', 'id number', 'id no', 'rsa id', 'identity number')

/** National ids of Australia, New Zealand, South Africa, Egypt. */
export const southernHemisphereIds: readonly IdFormat[] = [
  { kind: 'au_tfn', forms: ['3 3 3?', '3-3-3?', '9?'], isValid: isTfn, words: contextWords('tfn', 'tax file') },
  {
    kind: 'au_medicare',
    forms: ['4 5 1', '4-5-1', '10?'],
    isValid: isAustralianMedicare,
    words: contextWords('medicare'),
  },
  {
    kind: 'nz_ird',
    forms: ['2-3-3?', '3-3-3?', '8?', '9?'],
    isValid: isIrd,
    words: contextWords('ird', 'inland revenue'),
  },
  { kind: 'za_id', forms: ['13', '6 4 3'], isValid: isCommonSouthAfricanId, words: southAfricanWords },
  { kind: 'za_id', forms: ['13?'], isValid: isSouthAfricanId, words: southAfricanWords },
  { kind: 'eg_national_id', forms: ['14?'], isValid: isEgyptianId, words: contextWords('egypt', 'الرقم القومي') },
]
