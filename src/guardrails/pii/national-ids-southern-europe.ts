import { digitAt, isOneDigit, passesLuhn, passesMod1110, beginsWithDayMonth, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

const spanishLetters = 'TRWAGMYFPDXBNJZSQVHLCKE'

function isDni(chars: string): boolean {
  return /^\d{7,8}[A-Z]$/.test(chars) && spanishLetters[Number(chars.slice(0, -1)) % 23] === chars.at(-1)
}

/** X, Y and Z count as 0, 1 and 2. */
function isNie(chars: string): boolean {
  if (!/^[XYZ]\d{7}[A-Z]$/.test(chars)) return false
  return spanishLetters[Number(`${chars.charCodeAt(0) - 88}${chars.slice(1, 8)}`) % 23] === chars[8]
}

/** What a character at an odd place counts, by its digit or its letter from A on. */
const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Digits may be letters where two people would have the same code (L to V). */
function isCodiceFiscale(chars: string): boolean {
  if (!/^[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]$/.test(chars)) return false
  let sum = 0
  for (let index = 0; index < 15; index += 1) {
    const code = chars.charCodeAt(index)
    const value = code < 58 ? code - 48 : code - 65
    sum += index % 2 === 0 ? (oddValues[value] ?? 0) : value
  }
  return sum % 26 === chars.charCodeAt(15) - 65
}

function isPortugueseNif(digits: string): boolean {
  if (!/^[1-35689]\d{8}$/.test(digits)) return false
  const check = 11 - (weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)
  return (check > 9 ? 0 : check) === digitAt(digits, 8)
}

function isAmka(digits: string): boolean {
  return /^\d{11}$/.test(digits) && beginsWithDayMonth(digits) && passesLuhn(digits)
}

function isOib(digits: string): boolean {
  return /^\d{11}$/.test(digits) && !isOneDigit(digits) && passesMod1110(digits)
}

/** The unique number of the countries that were Yugoslavia. */
function isJmbg(digits: string): boolean {
  if (!/^\d{13}$/.test(digits) || !beginsWithDayMonth(digits)) return false
  const check = 11 - (weightedSum(digits, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)
  return (check > 9 ? 0 : check) === digitAt(digits, 12)
}

/** Of the first ten digits: odd places times seven minus even ones; then the sum of all ten. */
function isTckn(digits: string): boolean {
  if (!/^[1-9]\d{10}$/.test(digits)) return false
  const tenth = weightedSum(digits, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10
  const sum = weightedSum(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
  return (tenth + 10) % 10 === digitAt(digits, 9) && sum % 10 === digitAt(digits, 10)
}

function isIsraeliId(digits: string): boolean {
  return /^\d{9}$/.test(digits) && !isOneDigit(digits) && passesLuhn(digits)
}

/** National ids of Spain, Italy, Portugal, Greece, Croatia and its neighbours, Turkey, Israel. */
export const southernEuropeanIds: readonly IdFormat[] = [
  {
    kind: 'es_dni',
    forms: ['9', '8-1', '8 1', '7-1', '2.3.3-1', '8?'],
    isValid: isDni,
    words: contextWords('dni', 'nif'),
  },
  { kind: 'es_nie', forms: ['9', '1-7-1', '1 7 1'], isValid: isNie, words: contextWords('nie', 'extranjero') },
  {
    kind: 'it_codice_fiscale',
    forms: ['16', '6 5 5', '3 3 5 5', '6-5-5'],
    isValid: isCodiceFiscale,
    words: contextWords('codice fiscale', 'cod. fisc', 'fiscal code'),
    score: 0.95,
  },
  { kind: 'pt_nif', forms: ['9?', '3 3 3?'], isValid: isPortugueseNif, words: contextWords('nif', 'contribuinte') },
  { kind: 'gr_amka', forms: ['11?'], isValid: isAmka, words: contextWords('amka', 'αμκα', 'ΑΜΚΑ') },
  { kind: 'hr_oib', forms: ['11?'], isValid: isOib, words: contextWords('oib', 'osobni identifikacijski') },
  { kind: 'rs_jmbg', forms: ['13?'], isValid: isJmbg, words: contextWords('jmbg', 'emso', 'emšo', 'јмбг', 'embg') },
  {
    kind: 'tr_tckn',
    forms: ['11?'],
    isValid: isTckn,
    words: contextWords('tckn', 't\\.?c\\.? kimlik', 'kimlik', 'tc no'),
  },
  {
    kind: 'il_id',
    forms: ['9?', '8-1?'],
    isValid: isIsraeliId,
    words: contextWords('teudat', 'israeli id', 'tz', 'ת\\.?ז', 'תעודת זהות'),
  },
]
