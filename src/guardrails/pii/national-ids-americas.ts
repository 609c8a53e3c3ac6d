import { digitAt, hasYearMonthDay, isOneDigit, passesLuhn, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

const ssnWords = contextWords('ssn', 'ssns', 'social security', 'social', 'soc sec', 'seguro social')
const itinWords = contextWords('itin', 'taxpayer', 'tax id', 'tin')

/** Area not 000, 666 or 900 and up, group not 00, serial not 0000. */
function isSsn(digits: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}$/.test(digits)
}

function isItin(digits: string): boolean {
  return /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}$/.test(digits)
}

/** Medicare: letters without S, L, O, I, B, Z at fixed places. */
function isMedicareBeneficiary(chars: string): boolean {
  return /^[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y]{2}\d\d$/.test(
    chars,
  )
}

function isSin(digits: string): boolean {
  return /^[0-79]\d{8}$/.test(digits) && passesLuhn(digits)
}

function isCpf(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || isOneDigit(digits)) return false
  const first = ((weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10
  const second = ((weightedSum(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10
  return first === digitAt(digits, 9) && second === digitAt(digits, 10)
}

function isCuil(digits: string): boolean {
  if (!/^(?:2[0347]|3[034])\d{9}$/.test(digits)) return false
  const rest = 11 - (weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)
  return (rest === 11 ? 0 : rest) === digitAt(digits, 10)
}

function isRut(chars: string): boolean {
  if (!/^\d{7,8}[0-9K]$/.test(chars)) return false
  let sum = 0
  for (let index = chars.length - 2, weight = 2; index >= 0; index -= 1, weight = weight === 7 ? 2 : weight + 1) {
    sum += digitAt(chars, index) * weight
  }
  return '0K987654321'[sum % 11] === chars.at(-1)
}

const curpAlphabet = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'

function isCurp(chars: string): boolean {
  if (!/^[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z]\d$/.test(chars)) return false
  if (!hasYearMonthDay(chars, 4)) return false
  let sum = 0
  for (let index = 0; index < 17; index += 1) sum += curpAlphabet.indexOf(chars[index] ?? '0') * (18 - index)
  return (10 - (sum % 10)) % 10 === digitAt(chars, 17)
}

/** National ids of the Americas. */
export const americanIds: readonly IdFormat[] = [
  { kind: 'us_ssn', forms: ['3-2-4', '3 2 4', '3.2.4', '9?', '3-6?', '5-4?'], isValid: isSsn, words: ssnWords },
  { kind: 'us_itin', forms: ['3-2-4', '3 2 4', '3-6', '5-4', '9?'], isValid: isItin, words: itinWords },
  {
    kind: 'us_medicare_beneficiary',
    forms: ['11', '4-3-4'],
    isValid: isMedicareBeneficiary,
    words: contextWords('medicare', 'mbi', 'beneficiary'),
    onlyCapitals: true,
  },
  {
    kind: 'ca_sin',
    forms: ['3-3-3?', '3 3 3?', '9?'],
    isValid: isSin,
    words: contextWords('sin', 'social insurance', 'assurance sociale', 'nas'),
  },
  { kind: 'br_cpf', forms: ['3.3.3-2', '9-2', '11?'], isValid: isCpf, words: contextWords('cpf', 'cadastro') },
  { kind: 'ar_cuil', forms: ['2-8-1', '11?'], isValid: isCuil, words: contextWords('cuil', 'cuit') },
  { kind: 'cl_rut', forms: ['2.3.3-1', '1.3.3-1', '8-1?', '7-1?'], isValid: isRut, words: contextWords('rut', 'run') },
  { kind: 'mx_curp', forms: ['18'], isValid: isCurp, words: contextWords('curp') },
]
