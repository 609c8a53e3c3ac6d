import { digitAt, hasYearMonthDay, isDay, passesLuhn, passesVerhoeff, twoDigits, weightedSum } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

function isAadhaar(digits: string): boolean {
  return /^[2-9]\d{11}$/.test(digits) && passesVerhoeff(digits)
}

/** The fourth letter says what kind of holder it is: a person, a company, a trust. */
function isPan(chars: string): boolean {
  return /^[A-Z]{3}[ABCFGHJLPTK][A-Z]\d{4}[A-Z]$/.test(chars)
}

function isResidentId(chars: string): boolean {
  if (!/^[1-9]\d{5}(?:18|19|20)\d{9}[0-9X]$/.test(chars) || !hasYearMonthDay(chars, 8)) return false
  const rest = weightedSum(chars, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11
  return '10X98765432'[rest] === chars[17]
}

/** One or two letters (a missing one counts 36), six digits, a check digit of which A is ten. */
function isHkid(chars: string): boolean {
  if (!/^[A-Z]{1,2}\d{6}[0-9A]$/.test(chars)) return false
  const letters = chars.length - 7
  const first = letters === 2 ? chars.charCodeAt(0) - 55 : 36
  const second = chars.charCodeAt(letters - 1) - 55
  const check = chars.endsWith('A') ? 10 : digitAt(chars, chars.length - 1)
  return (first * 9 + second * 8 + weightedSum(chars.slice(letters), [7, 6, 5, 4, 3, 2]) + check) % 11 === 0
}

/** Letters by the number they stand for, from ten on. */
const taiwaneseLetters = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'

function isTaiwaneseId(chars: string): boolean {
  if (!/^[A-Z][1289]\d{8}$/.test(chars)) return false
  const letter = taiwaneseLetters.indexOf(chars[0] ?? 'A') + 10
  const sum = Math.floor(letter / 10) + (letter % 10) * 9
  return (sum + weightedSum(chars.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
}

/** Since October 2020 the last digits are random. */
function isRrn(digits: string): boolean {
  if (!/^\d{6}[1-8]\d{6}$/.test(digits) || !hasYearMonthDay(digits)) return false
  const isOld = /[1256]/.test(digits[6] ?? '')
  if (!isOld && Number(digits.slice(0, 4)) >= 2010 && Number(digits.slice(0, 2)) < 50) return true
  const rest = weightedSum(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11
  return (11 - rest) % 10 === digitAt(digits, 12)
}

function isRrnShaped(digits: string): boolean {
  return /^\d{6}[1-8]\d{6}$/.test(digits) && hasYearMonthDay(digits)
}

function isMyNumber(digits: string): boolean {
  if (!/^\d{12}$/.test(digits)) return false
  const rest = weightedSum(digits, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
  return (rest <= 1 ? 0 : 11 - rest) === digitAt(digits, 11)
}

function isNric(chars: string): boolean {
  if (!/^[STFGM]\d{7}[A-Z]$/.test(chars)) return false
  const series = chars[0] ?? ''
  const more = 'TG'.includes(series) ? 4 : series === 'M' ? 3 : 0
  const rest = (weightedSum(chars.slice(1), [2, 7, 6, 5, 4, 3, 2]) + more) % 11
  const letters = 'ST'.includes(series) ? 'JZIHGFEDCBA' : series === 'M' ? 'XWUTRQPNJLK' : 'XWUTRQPNMLK'
  return letters[rest] === chars[8]
}

/** Day of birth and place of birth; there is no check digit. */
function isMyKad(digits: string): boolean {
  const place = twoDigits(digits, 6)
  if (!/^\d{12}$/.test(digits) || !hasYearMonthDay(digits)) return false
  return (place >= 1 && place <= 16) || (place >= 21 && place <= 59) || place === 82 || place === 71 || place === 72
}

function isThaiId(digits: string): boolean {
  if (!/^[1-8]\d{12}$/.test(digits)) return false
  const rest = weightedSum(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
  return (11 - rest) % 10 === digitAt(digits, 12)
}

/** Province and district, day of birth (40 more for women), serial. */
function isNik(digits: string): boolean {
  if (!/^[1-9]\d{15}$/.test(digits)) return false
  const day = twoDigits(digits, 6)
  return isDay(twoDigits(digits, 8), day > 40 ? day - 40 : day)
}

const isEmiratesId = (digits: string): boolean => /^784(?:19|20)\d{10}$/.test(digits)
const isCnic = (digits: string): boolean => /^[1-7]\d{12}$/.test(digits)
const isSaudiId = (digits: string): boolean => /^[12]\d{9}$/.test(digits) && passesLuhn(digits)

const rrnWords = contextWords('rrn', 'resident registration', '주민')

/** National ids of India, China, Hong Kong, Taiwan, Korea, Japan, South East Asia, Pakistan and the Gulf. */
export const asianIds: readonly IdFormat[] = [
  {
    kind: 'in_aadhaar',
    forms: ['4 4 4', '4-4-4', '12?'],
    isValid: isAadhaar,
    words: contextWords('aadhaar', 'aadhar', 'uidai', 'आधार'),
    score: 0.86,
  },
  {
    kind: 'in_pan',
    forms: ['10'],
    isValid: isPan,
    words: contextWords('pan', 'permanent account'),
    onlyCapitals: true,
  },
  {
    kind: 'cn_resident_id',
    forms: ['18'],
    isValid: isResidentId,
    words: contextWords('身份证', 'shenfenzheng'),
    score: 0.96,
  },
  { kind: 'hk_id', forms: ['7(1', '8(1'], isValid: isHkid, words: contextWords('hkid', '身份證', 'hong kong id') },
  {
    kind: 'tw_national_id',
    forms: ['10'],
    isValid: isTaiwaneseId,
    words: contextWords('身分證', 'taiwan'),
    score: 0.8,
    onlyCapitals: true,
  },
  {
    kind: 'kr_rrn',
    forms: ['6-7', '13?'],
    isValid: isRrn,
    words: rrnWords,
  },
  { kind: 'kr_rrn', forms: ['6-7?', '13?'], isValid: isRrnShaped, words: rrnWords, score: 0.8 },
  {
    kind: 'jp_my_number',
    forms: ['12?', '4 4 4?', '4-4-4?'],
    isValid: isMyNumber,
    words: contextWords('my number', 'mynumber', 'individual number', 'マイナンバー', '個人番号'),
  },
  { kind: 'sg_nric', forms: ['9'], isValid: isNric, words: contextWords('nric', 'fin', 'singpass') },
  {
    kind: 'my_mykad',
    forms: ['6-2-4', '12?'],
    isValid: isMyKad,
    words: contextWords('mykad', 'nric', 'kad pengenalan'),
  },
  {
    kind: 'th_national_id',
    forms: ['1-4-5-2-1', '1 4 5 2 1', '13?'],
    isValid: isThaiId,
    words: contextWords('thai id', 'thai national', 'บัตรประชาชน', 'ประจำตัวประชาชน'),
  },
  { kind: 'id_nik', forms: ['16?'], isValid: isNik, words: contextWords('nik', 'ktp', 'kependudukan') },
  { kind: 'pk_cnic', forms: ['5-7-1', '13?'], isValid: isCnic, words: contextWords('cnic', 'nadra') },
  { kind: 'ae_emirates_id', forms: ['3-4-7-1', '15?'], isValid: isEmiratesId, words: contextWords('emirates', 'eid') },
  {
    kind: 'sa_national_id',
    forms: ['10?'],
    isValid: isSaudiId,
    words: contextWords('iqama', 'saudi', 'الهوية', 'الإقامة'),
  },
]
