import { digitAt, isOneDigit, modulo, passesMod1110, twoDigits, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

function isNino(chars: string): boolean {
  return /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/.test(chars)
}

function isNhsNumber(digits: string): boolean {
  if (!/^\d{10}$/.test(digits) || isOneDigit(digits)) return false
  const check = 11 - (weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)
  return (check === 11 ? 0 : check) === digitAt(digits, 9)
}

/** Surname, decade, month (5 more for women), day, year, initials: no check digit that is public. */
function isBritishLicence(chars: string): boolean {
  return /^(?=[A-Z])[A-Z9]{5}\d(?:[05]\d|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}\d[A-Z]{2}$/.test(chars)
}

function isPps(chars: string): boolean {
  if (!/^\d{7}[A-W][A-IW]?$/.test(chars)) return false
  const second = chars[8] === undefined || chars[8] === 'W' ? 0 : chars.charCodeAt(8) - 64
  const rest = (weightedSum(chars, [8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23
  return 'WABCDEFGHIJKLMNOPQRSTUV'[rest] === chars[7]
}

/** The last two digits are 97 minus the rest modulo 97; Corsica's departments count as 19 and 18. */
function isNir(chars: string): boolean {
  if (!/^[1-478]\d\d(?:0[1-9]|1[0-2]|20|[3-9]\d)(?:\d\d|2[AB])\d{8}$/.test(chars)) return false
  const digits = chars.replace('2A', '19').replace('2B', '18')
  return 97 - modulo(digits.slice(0, 13), 97) === twoDigits(digits, 13)
}

/** Of the first ten digits one comes twice or three times, no other more than once. */
function isGermanTaxId(digits: string): boolean {
  if (!/^[1-9]\d{10}$/.test(digits)) return false
  const times = Array.from({ length: 10 }, () => 0)
  for (let index = 0; index < 10; index += 1) times[digitAt(digits, index)] = (times[digitAt(digits, index)] ?? 0) + 1
  const repeated = times.filter((each) => each > 1)
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3 && passesMod1110(digits)
}

/** Area, day of birth, first letter of the name, serial, check digit over the cross sums of the products. */
function isGermanPensionNumber(chars: string): boolean {
  if (!/^\d{8}[A-Z]\d{3}$/.test(chars)) return false
  const day = twoDigits(chars, 2)
  if ((day > 50 ? day - 50 : day) > 31 || twoDigits(chars, 4) > 12) return false
  const letter = String(chars.charCodeAt(8) - 64).padStart(2, '0')
  const digits = chars.slice(0, 8) + letter + chars.slice(9, 11)
  let sum = 0
  for (const [index, weight] of [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].entries()) {
    const product = digitAt(digits, index) * weight
    sum += Math.floor(product / 10) + (product % 10)
  }
  return sum % 10 === digitAt(chars, 11)
}

function isAustrianInsurance(digits: string): boolean {
  if (!/^[1-9]\d{9}$/.test(digits) || twoDigits(digits, 4) > 31 || twoDigits(digits, 6) > 15) return false
  return weightedSum(digits, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === digitAt(digits, 3)
}

/** An EAN-13 that begins with Switzerland's number. */
function isAhv(digits: string): boolean {
  return /^756\d{10}$/.test(digits) && weightedSum(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0
}

function isBsn(digits: string): boolean {
  if (!/^\d{9}$/.test(digits) || isOneDigit(digits)) return false
  return (weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2]) - digitAt(digits, 8)) % 11 === 0
}

/** The last two are 97 minus the rest of the others, with a 2 before them for births from 2000 on. */
function isBelgianNumber(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || twoDigits(digits, 2) % 20 > 12 || twoDigits(digits, 4) > 31) return false
  const check = twoDigits(digits, 9)
  return check === 97 - modulo(digits.slice(0, 9), 97) || check === 97 - modulo(`2${digits.slice(0, 9)}`, 97)
}

const taxWords = contextWords('steuer', 'steuer-id', 'idnr', 'identifikationsnummer', 'tax id', 'tax number', 'tin')

/** National ids of the United Kingdom, Ireland, France, Germany, Austria, Switzerland, the Netherlands, Belgium. */
export const westernEuropeanIds: readonly IdFormat[] = [
  {
    kind: 'gb_nino',
    forms: ['9', '2 2 2 2 1', '2-2-2-2-1', '2 6 1'],
    isValid: isNino,
    words: contextWords('nino', 'ni number', 'national insurance', 'ni no'),
  },
  {
    kind: 'gb_nhs_number',
    forms: ['3 3 4', '3-3-4', '10?'],
    isValid: isNhsNumber,
    words: contextWords('nhs', 'health service', 'patient'),
    // A phone number is written so as well.
    score: 0.79,
  },
  {
    kind: 'gb_driving_licence',
    forms: ['16', '5 6 5'],
    isValid: isBritishLicence,
    words: contextWords('licence', 'license', 'dvla', 'driving', 'driver'),
  },
  { kind: 'ie_pps', forms: ['8?', '9?', '7 1?', '7 2?'], isValid: isPps, words: contextWords('pps', 'ppsn') },
  {
    kind: 'fr_nir',
    forms: ['15', '13 2', '1 2 2 2 3 3 2', '1-2-2-2-3-3-2', '1.2.2.2.3.3.2'],
    isValid: isNir,
    words: contextWords('nir', 'sécu', 'sécurité sociale', 'securite sociale', 'insee', 'vitale'),
  },
  { kind: 'de_tax_id', forms: ['2 3 3 3', '11?'], isValid: isGermanTaxId, words: taxWords },
  {
    kind: 'de_pension_number',
    forms: ['12', '2 6 1 3'],
    isValid: isGermanPensionNumber,
    words: contextWords('rentenversicherung', 'sozialversicherung', 'versicherungsnummer', 'rvnr', 'svnr', 'pension'),
  },
  {
    kind: 'at_svnr',
    forms: ['4 6', '10?'],
    isValid: isAustrianInsurance,
    words: contextWords('svnr', 'sv-nummer', 'sozialversicherung', 'versicherungsnummer', 'e-card'),
  },
  { kind: 'ch_ahv', forms: ['3.4.4.2', '3 4 4 2', '13'], isValid: isAhv, words: contextWords('ahv', 'avs', 'navs') },
  {
    kind: 'nl_bsn',
    forms: ['9?', '4.2.3?', '4 2 3?', '3 3 3?'],
    isValid: isBsn,
    words: contextWords('bsn', 'burgerservice', 'sofinummer', 'sofi'),
  },
  {
    kind: 'be_national_number',
    forms: ['2.2.2-3.2', '2.2.2 3.2', '6-3-2', '6 3 2', '11?'],
    isValid: isBelgianNumber,
    words: contextWords(
      'rijksregister',
      'registre national',
      'national number',
      'insz',
      'niss',
      'numéro national',
      'nrn',
    ),
  },
]
