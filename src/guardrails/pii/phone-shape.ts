import { isDay } from './check-digits.ts'
import { contextWords, standsAfter } from './context-words.ts'
import { type Groups, separators } from './groups.ts'

/**
 * How much groups of digits without a country code look like a phone number. `clear`: hardly anything else is written so;
 * `loose`: other things are too; `none`: nobody writes one so.
 */
export type PhoneShape = 'clear' | 'loose' | 'none'

export function nationalShape(groups: Groups, first: number, last: number): PhoneShape {
  const count = last - first + 1
  const lengths = lengthsOf(groups, first, last)
  const begins = groups.text.charCodeAt(groups.start(first)) - 48
  const digits = lengths.reduce((sum, length) => sum + length, 0)
  if (digits > 13 || count > 6) return 'none'
  if (count === 1) return 'none'
  if (isNorthAmerican(groups, first, lengths)) return 'clear'
  const isBracketed = groups.separator(first + 1) === separators.close && groups.text[groups.start(first) - 1] === '('
  if (isBracketed && digits >= 8 && digits <= 12 && (lengths[0] ?? 0) >= 2 && (lengths[0] ?? 0) <= 5) return 'clear'
  if (
    begins === 0 &&
    digits >= 9 &&
    (digits >= 10 || count > 2 || (lengths[0] === 2 && groups.separator(last) === separators.hyphen)) &&
    digits <= 12 &&
    isTrunk(groups, first, lengths)
  )
    return 'clear'
  return (lengths[0] ?? 0) <= 5 && lengths.every((length) => length <= 8) && digits <= 12 ? 'loose' : 'none'
}

function lengthsOf(groups: Groups, first: number, last: number): number[] {
  const lengths: number[] = []
  for (let index = first; index <= last; index += 1) lengths.push(groups.length(index))
  return lengths
}

/** Three, three and four digits, with 1 before them or not; area and exchange begin with 2 to 9. Not between spaces only. */
function isNorthAmerican(groups: Groups, first: number, lengths: readonly number[]): boolean {
  const shape = lengths.join('-')
  const area = shape === '3-3-4' ? first : shape === '1-3-3-4' || shape === '3-3-3-4' ? first + 1 : -1
  if (area < 0) return false
  const code = groups.chars(first, first)
  if (area > first && code !== '1' && code !== '001') return false
  if (groups.separator(area + 2) === separators.space && groups.separator(area + 1) === separators.space) return false
  return groups.text.charCodeAt(groups.start(area)) >= 50 && groups.text.charCodeAt(groups.start(area + 1)) >= 50
}

/** A trunk prefix 0 and an area code in its own group, or all in pairs as in France. */
function isTrunk(groups: Groups, first: number, lengths: readonly number[]): boolean {
  const second = groups.text.charCodeAt(groups.start(first) + 1)
  const area = lengths[0] ?? 0
  if (second === 48) return false
  if (area === 2 && lengths.length === 2)
    return (lengths[1] ?? 0) >= 7 && groups.separator(first + 1) !== separators.dot
  if (area === 2) return lengths.length >= 3
  if (area === 6) return lengths.length === 2 && lengths[1] === 5
  return area >= 3 && area <= 5 && lengths.slice(1).every((length) => length >= 2 && length <= 8)
}

const bookWords = contextWords('isbn', 'issn', 'ean', 'upc', 'gtin', 'doi')

/**
 * Dates, IPv4 addresses, floats, ISBN, sums: what digits in groups are more often. Unless a word says that a phone number
 * comes (`isSaid`), SSN-shaped numbers, thousands and versions too.
 */
export function couldBeOtherNumber(groups: Groups, first: number, last: number, isSaid: boolean): boolean {
  const lengths = lengthsOf(groups, first, last)
  const count = lengths.length
  if (standsAfter(bookWords, groups.text, groups.start(first))) return true
  if (count === 1) return isTimeOrAmount(groups.chars(first, last))
  if (isDate(groups, first, lengths)) return true
  let dots = 0
  let dashes = 0
  for (let index = first + 1; index <= last; index += 1) {
    if (groups.separator(index) === separators.dot) dots += 1
    if (groups.separator(index) === separators.dash) dashes += 1
  }
  if (dashes > 1 || (dashes === 1 && (lengths[0] ?? 0) > 5)) return true
  const isDotted = dots === count - 1
  if (isDotted && (count === 2 || (count === 4 && lengths.every((each) => each <= 3)))) return true
  if (isSaid) return false
  if (lengths.join('-') === '3-2-4' || (isDotted && count === 3 && lengths.every((each) => each <= 3))) return true
  // 12 345 678 and 12.345.678.
  const isThousands = lengths.every((length, index) => (index === 0 ? length <= 3 : length === 3))
  return isThousands && (isDotted || groups.separator(first + 1) === separators.space)
}

/** Milliseconds since 1970, round amounts. */
function isTimeOrAmount(digits: string): boolean {
  return (digits.length === 13 && digits.startsWith('1')) || digits.endsWith('000')
}

/** `2024-05-06`, `06.05.2024`, `5/6/2024 10`, `20240506-1200`, `2010-2020`. */
function isDate(groups: Groups, first: number, lengths: readonly number[]): boolean {
  if (lengths.length < 3) {
    const head = groups.chars(first, first)
    if (/^(?:19|20)\d\d(?:19|20)\d\d$/.test(groups.chars(first, first + lengths.length - 1))) return true
    return /^(?:19|20)\d{6}$/.test(head) && isDay(Number(head.slice(4, 6)), Number(head.slice(6)))
  }
  const [a, b, c] = [0, 1, 2].map((offset) => Number(groups.chars(first + offset, first + offset)))
  if (a === undefined || b === undefined || c === undefined) return false
  if (groups.separator(first + 1) === separators.space) return false
  if (lengths[0] === 4) return a >= 1800 && a < 2200 && isDay(b, c)
  return lengths[2] === 4 && c >= 1800 && c < 2200 && (isDay(a, b) || isDay(b, a)) && (lengths[0] ?? 0) <= 2
}
