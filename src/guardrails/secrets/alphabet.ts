/**
 * Alphabets of credentials as bit masks, so that a character is tested by one look-up and an alphabet is a union.
 * Everything in a credential is ASCII.
 */
const digit = 1 << 0
const lowerHex = 1 << 1
const upperHex = 1 << 2
const lowerRest = 1 << 3
const upperRest = 1 << 4
export const dash = 1 << 5
export const underscore = 1 << 6
const plus = 1 << 7
const slash = 1 << 8
export const equals = 1 << 9
export const dot = 1 << 10
export const tilde = 1 << 11
const base32Member = 1 << 12
const bech32Member = 1 << 13

export const digits = digit
export const lower = lowerHex | lowerRest
export const upper = upperHex | upperRest
export const letters = lower | upper
/** Lower-case hexadecimal, as vendors write it. */
export const hex = digit | lowerHex
export const anyHex = hex | upperHex
/** `A` to `Z` and `2` to `7`. */
export const base32 = base32Member
/** The upper-case form of bech32: no `1`, `B`, `I` and `O`. */
export const bech32 = bech32Member
export const base36 = digit | lower
export const upperBase36 = digit | upper
export const base62 = digit | letters
export const base64 = base62 | plus | slash
export const base64url = base62 | dash | underscore
/** What a bearer token may consist of. */
export const token68 = base64url | dot | tilde | plus | slash | equals

const members: readonly (readonly [number, string])[] = [
  [digit, '0123456789'],
  [lowerHex, 'abcdef'],
  [upperHex, 'ABCDEF'],
  [lowerRest, 'ghijklmnopqrstuvwxyz'],
  [upperRest, 'GHIJKLMNOPQRSTUVWXYZ'],
  [dash, '-'],
  [underscore, '_'],
  [plus, '+'],
  [slash, '/'],
  [equals, '='],
  [dot, '.'],
  [tilde, '~'],
  [base32Member, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'],
  [bech32Member, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'],
]

const bits = new Uint16Array(128)
for (const [bit, characters] of members)
  for (const character of characters) {
    const code = character.charCodeAt(0)
    bits[code] = (bits[code] ?? 0) | bit
  }

/** Whether the UTF-16 code is a character of the alphabet. */
export function isOf(alphabet: number, code: number): boolean {
  return code < 128 && ((bits[code] ?? 0) & alphabet) !== 0
}

/** How many characters the alphabet has. */
export function sizeOf(alphabet: number): number {
  let size = 0
  for (const each of bits) if ((each & alphabet) !== 0) size++
  return size
}
