/** Most stretches of one encoding that are decoded in a window, and how long a decoded reading may get. */
const mostStretches = 4
const longestReading = 2000

const base64Stretch = /[A-Za-z0-9+/_-]{24,4000}={0,2}/g
const hexStretch = /(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ :,]?){12,2000}/g
const percentStretch = /(?:%[0-9a-fA-F]{2}){1,500}/g
const somePercents = /(?:%[0-9a-fA-F]{2}[^%]{0,20}){3}/
const entity = /&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));?/g
const someEntities = /(?:&#x?[0-9a-fA-F]{1,7};?[^&]{0,8}){4}/
const spacedLetters = /(?<![\p{L}\p{N}])\p{L}(?:[ ._*|-]{1,3}\p{L}(?![\p{L}\p{N}])){7,400}/gu
const leetWord = /[a-z][0-9@$!|][a-z]|[0-9@$!|][a-z]{1,3}[0-9@$!|]/gi
const rotatedWords = ['vafgehpgvba', 'vtaber', 'cebzcg', 'qvfertneq', 'sbetrg', 'cnffjbeq'] as const
const reversedWords = ['noitcurtsni', 'erongi', 'tpmorp', 'dragersid', 'tegrof', 'drowssap'] as const
/** Words of attacks, to part again what was written without spaces. */
const joinedWords =
  /(ignore|disregard|forget|override|previous|prior|above|earlier|instructions?|guidelines|rules|system|prompt|reveal|show|repeat|password|all|your|the)/gi

const leetLetters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
}

/**
 * What a window of text says when it is decoded: base64, hexadecimal, percent and HTML escapes, ROT13, leet, letters
 * apart and text written backwards. Once, not again and again; only where there are signs of it; bounded, so linear.
 */
export function decodedReadings(text: string): string[] {
  const readings: string[] = []
  const add = (reading: string | null): void => {
    if (reading !== null && reading.length >= 8) readings.push(reading.slice(0, longestReading))
  }
  for (const stretch of stretches(text, base64Stretch)) add(readable(Buffer.from(stretch, 'base64')))
  for (const stretch of stretches(text, hexStretch))
    add(readable(Buffer.from(stretch.replace(/\\x|0x|[ :,]/g, ''), 'hex')))
  if (text.includes('%') && somePercents.test(text)) add(text.replace(percentStretch, unescapedPercents))
  if (text.includes('&#') && someEntities.test(text)) add(text.replace(entity, characterOf))
  const lower = text.toLowerCase()
  if (rotatedWords.some((word) => lower.includes(word))) add(text.replace(/[a-z]/gi, rotated))
  if (reversedWords.some((word) => lower.includes(word))) add(Array.from(text).reverse().join(''))
  if (isLeet(text)) add(text.replace(/[013457@$!|]/g, (sign) => leetLetters[sign] ?? sign))
  for (const stretch of stretches(text, spacedLetters)) add(closedUp(stretch))
  return readings
}

function stretches(text: string, pattern: RegExp): string[] {
  pattern.lastIndex = 0
  const found: string[] = []
  while (found.length < mostStretches) {
    const match = pattern.exec(text)
    if (match === null) break
    found.push(match[0])
  }
  return found
}

/** Bytes as text, when they are text: letters and spaces, hardly anything else. */
function readable(bytes: Buffer): string | null {
  const text = bytes.toString('utf8', 0, longestReading)
  let plain = 0
  let strange = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0xfffd || (unit < 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09)) strange++
    else if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) plain++
    else if (unit === 0x20 || unit > 0x7f) plain++
  }
  return strange * 20 <= text.length && plain * 10 >= text.length * 7 ? text : null
}

function unescapedPercents(stretch: string): string {
  return Buffer.from(stretch.replaceAll('%', ''), 'hex').toString('utf8')
}

function characterOf(whole: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
}

function rotated(letter: string): string {
  const code = letter.charCodeAt(0)
  const first = code < 0x61 ? 0x41 : 0x61
  return String.fromCharCode(((code - first + 13) % 26) + first)
}

/** At least three words have digits or signs in the place of letters, and they are no small part of the text. */
function isLeet(text: string): boolean {
  leetWord.lastIndex = 0
  let words = 0
  while (words < 3 && leetWord.exec(text) !== null) words++
  return words === 3
}

/** Letters that stood apart, as words: wider gaps part words where there are any, else the words of attacks do. */
function closedUp(stretch: string): string {
  const closed = stretch.replace(/([ ._*|-]{2,3})|[ ._*|-]/g, (_, wide: string | undefined) => (wide ? ' ' : ''))
  return closed.includes(' ') ? closed : closed.replace(joinedWords, ' $1 ')
}
