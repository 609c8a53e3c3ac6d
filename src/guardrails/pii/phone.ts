import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Finding } from '../guardrail.ts'
import { isPossibleInternational } from './calling-codes.ts'
import { contextWords, standsAfter } from './context-words.ts'
import { type Groups, separators } from './groups.ts'
import { couldBeOtherNumber, nationalShape } from './phone-shape.ts'

/** Say of nearly any number that it is a phone number. */
const sureWords = contextWords(
  'phone, phones, telephone, tel, tel., mobile, cell, cellphone, fax, whatsapp, sms, hotline',
  'landline',
  'telefon, telefono, teléfono, telefone, téléphone, telephon, mobil, móvil, movil, celular',
  'cellulare',
  'handy, handynummer, rufnummer, portable, telefoon, mobiel, puhelin, komórka, msisdn, gsm, pager',
  'телефон, моб, тел\\., τηλέφωνο, هاتف, טלפון, फ़ोन, फोन, 电话, 手机, 電話, 携帯, 전화, 휴대폰, โทร',
)

/** Say it of a number that is written like one. */
const vagueWords = contextWords(
  'call, calls, calling, dial, ring, text, reach, contact, contacts, messages to',
  'anrufen, ruf, rufen, ruft, erreichbar, appelez, appeler, joindre, llame, llamar, llama, ligue',
  'ligar, chiama, chiamare, chiamami, bel, bellen, ring, zadzwo, позвони, звони, 打给, 联系, 連絡, 연락',
)

/** Right before a number they leave no doubt. */
const directWords = new RegExp(
  `(?:${[
    String.raw`\b(?:call|dial|messages to|sms|(?:call|text|ring|message|reach|contact) (?:me|us|him|her|them))(?: back)?(?: (?:at|on))?`,
    String.raw`\bmy (?:new |other )?number(?: is)?`,
    String.raw`\bcontact (?:no|nr|number)\.?`,
    String.raw`\b(?:office|desk|home|work|direct|ph):`,
    String.raw`\bph\.?`,
  ].join('|')})[:\\s]{0,3}$`,
  'i',
)
const directReach = 30
/** Right behind a number, in the same token. */
const wordsBehind = /^-(?:office|desk|home|work|mobile|cell|fax|phone)/i

const fewestDigits = 7
const mostDigits = 15
const mostGroups = 8

/** Looks for phone numbers in the groups of a text. */
export class PhoneNumbers {
  readonly #region: CountryCode | null

  /** `region`: whose numbers are known without their country code and without a word before them; null: nobody's. */
  constructor(region: CountryCode | null) {
    this.#region = region
  }

  /** Adds what it finds: longest stretch of groups first, from the left. */
  find(groups: Groups, findings: Finding[]): void {
    for (let first = 0; first < groups.count; first += 1) {
      if (!groups.isDigits(first) || !mayBegin(groups, first)) continue
      let last = first
      let digits = groups.length(first)
      while (last + 1 < groups.count && last - first < mostGroups && joins(groups, last + 1)) {
        if (digits + groups.length(last + 1) > mostDigits) break
        last += 1
        digits += groups.length(last)
      }
      for (; last >= first && digits >= fewestDigits - 1; last -= 1) {
        if (digits <= mostDigits && mayEnd(groups, last)) {
          const score = this.#judge(groups, first, last, digits)
          if (score > 0) {
            findings.push({ kind: 'phone', start: startOf(groups, first), end: groups.end(last), score })
            first = last
            break
          }
        }
        digits -= groups.length(last)
      }
    }
  }

  /** How sure it is that these groups are a phone number; 0: not at all. */
  #judge(groups: Groups, first: number, last: number, digits: number): number {
    const start = groups.start(first)
    const isSure = saysPhone(groups, first, last)
    if (hasPlus(groups, first)) return digits > fewestDigits ? judgeInternational(groups, first, last, isSure) : 0
    if (hasDialOut(groups, first)) {
      const isNamed = isSure || last > first
      const digits = groups.chars(first, last).slice(2)
      if (isNamed && isPossibleInternational(digits) && isInUse(digits)) return 0.85
    }
    const isOther = couldBeOtherNumber(groups, first, last, isSure)
    if (isOther || (digits < fewestDigits && (!isSure || last === first))) return 0
    if (isSure) return 0.88
    const shape = nationalShape(groups, first, last)
    if (shape === 'clear') return 0.8
    if (last === first) return 0
    if (standsAfter(vagueWords, groups.text, start) && (shape === 'loose' || digits > 8)) return 0.8
    if (this.#region === null) return 0
    const written = groups.text.slice(startOf(groups, first), groups.end(last))
    const parsed = parsePhoneNumberFromString(written, { defaultCountry: this.#region, extract: false })
    return parsed?.isValid() === true ? 0.78 : 0
  }
}

function saysPhone(groups: Groups, first: number, last: number): boolean {
  const start = groups.start(first)
  const end = groups.end(last)
  if (standsAfter(sureWords, groups.text, start)) return true
  if (directWords.test(groups.text.slice(Math.max(0, start - directReach), start))) return true
  return wordsBehind.test(groups.text.slice(end, end + 8))
}

/** With a plus: possible when it is written in groups or said to be one, else valid in its country. */
function judgeInternational(groups: Groups, first: number, last: number, isSure: boolean): number {
  let digits = groups.chars(first, last)
  // `+44 (0)20 …`: the zero is for those at home.
  if (groups.separator(first + 1) === separators.open && groups.chars(first + 1, first + 1) === '0') {
    digits = groups.chars(first, first) + groups.chars(first + 2, last)
  }
  if (!isPossibleInternational(digits)) return 0
  if (isSure || last > first) return 0.9
  return isInUse(digits) ? 0.9 : 0
}

/** `00` in front of a country code. */
function hasDialOut(groups: Groups, first: number): boolean {
  return /^00[1-9]/.test(groups.text.slice(groups.start(first), groups.start(first) + 3))
}

function isInUse(digits: string): boolean {
  return parsePhoneNumberFromString(`+${digits}`, { extract: false })?.isValid() === true
}

function hasPlus(groups: Groups, first: number): boolean {
  const start = groups.start(first)
  const before = groups.text[start - 1]
  return before === '+' || (before === '(' && groups.text[start - 2] === '+')
}

/** Where the number begins with its plus or its bracket. */
function startOf(groups: Groups, first: number): number {
  const start = groups.start(first)
  if (hasPlus(groups, first))
    return groups.text[start - 1] === '+' && groups.text[start - 2] !== '(' ? start - 1 : start - 2
  return groups.text[start - 1] === '(' && groups.separator(first + 1) === separators.close ? start - 1 : start
}

/** Not right behind something it would be a part of. */
function mayBegin(groups: Groups, first: number): boolean {
  const before = groups.separator(first)
  const plain = groups.text[groups.start(first) - 1] ?? ' '
  if (plain === '=' || plain === ':' || before === separators.colon)
    return !groups.isDigits(first - 1) || before !== separators.colon
  if ('#$€£*^\\%,'.includes(plain)) return plain === ',' || plain === '\\'
  switch (before) {
    case separators.hyphen:
    case separators.slash:
    case separators.underscore:
    case separators.dot:
      return false
    case separators.space:
    case separators.dash:
    case separators.close:
      return !groups.hasDigits(first - 1) || hasPlus(groups, first) || isJoinedTightly(groups, first + 1)
    default:
      return true
  }
}

/** Not by a space, as the groups before may be. */
function isJoinedTightly(groups: Groups, index: number): boolean {
  const before = groups.separator(index)
  return before !== separators.none && before !== separators.space && before !== separators.dash
}

function joins(groups: Groups, index: number): boolean {
  if (!groups.isDigits(index) || hasPlus(groups, index)) return false
  const before = groups.separator(index)
  return (
    before !== separators.none &&
    before !== separators.colon &&
    before !== separators.underscore &&
    before !== separators.plus
  )
}

/** Not right before something that belongs to it. */
function mayEnd(groups: Groups, last: number): boolean {
  const after = groups.separator(last + 1)
  if (after === separators.underscore || after === separators.colon) return false
  if (
    after === separators.hyphen ||
    after === separators.dot ||
    after === separators.slash ||
    after === separators.close
  ) {
    return !groups.hasDigits(last + 1)
  }
  const next = groups.text[groups.end(last)]
  return next !== '%' && next !== '@' && next !== '€' && next !== '$'
}
