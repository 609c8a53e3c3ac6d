import { createHash } from 'node:crypto'
import type { Finding } from '../guardrail.ts'
import type { Groups } from './groups.ts'

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const base58Values = valuesOf(base58)
const bech32Values = valuesOf(bech32)
/** First bytes of addresses: Bitcoin (main, script, test), Litecoin, Dogecoin, Tron. */
const versions = new Set([0x00, 0x05, 0x6f, 0xc4, 0x30, 0x32, 0x1e, 0x16, 0x41])
const bech32Heads = ['bc1', 'tb1', 'ltc1']

/** Adds the addresses of crypto currencies in the groups: Bitcoin and its kin by their checksums, Ethereum by its form. */
export function findCryptoAddresses(groups: Groups, findings: Finding[]): void {
  for (let index = 0; index < groups.count; index += 1) {
    const length = groups.length(index)
    if (length < 25 || length > 90) continue
    const start = groups.start(index)
    const chars = groups.text.slice(start, groups.end(index))
    if (isEthereum(chars) || isBase58Address(chars) || isBech32Address(chars)) {
      findings.push({ kind: 'crypto_address', start, end: groups.end(index), score: 0.98 })
    }
  }
}

function isEthereum(chars: string): boolean {
  return chars.length === 42 && /^0x[0-9A-Fa-f]{40}$/.test(chars)
}

/** 25 bytes: a version, twenty of a hash, and the first four of SHA-256 of SHA-256 of those. */
function isBase58Address(chars: string): boolean {
  if (chars.length > 35 || !/^[123mnLM9ADT]/.test(chars)) return false
  const bytes = new Uint8Array(25)
  for (let index = 0; index < chars.length; index += 1) {
    let carry = base58Values[chars.charCodeAt(index)] ?? -1
    if (carry < 0) return false
    for (let place = 24; place >= 0; place -= 1) {
      carry += 58 * (bytes[place] ?? 0)
      bytes[place] = carry & 255
      carry >>= 8
    }
    if (carry > 0) return false
  }
  if (!versions.has(bytes[0] ?? -1)) return false
  const hash = sha256(sha256(bytes.subarray(0, 21)))
  return hash.subarray(0, 4).equals(bytes.subarray(21))
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** BIP 173 and BIP 350: the remainder of all values by their polynomial is 1, or the constant of the second. */
function isBech32Address(chars: string): boolean {
  const address = chars.toLowerCase()
  const head = bech32Heads.find((each) => address.startsWith(each))
  if (head === undefined || (chars !== address && chars !== chars.toUpperCase())) return false
  const prefix = head.slice(0, -1)
  let rest = 1
  for (let index = 0; index < prefix.length; index += 1) rest = polymod(rest, prefix.charCodeAt(index) >> 5)
  rest = polymod(rest, 0)
  for (let index = 0; index < prefix.length; index += 1) rest = polymod(rest, prefix.charCodeAt(index) & 31)
  for (let index = head.length; index < address.length; index += 1) {
    const value = bech32Values[address.charCodeAt(index)] ?? -1
    if (value < 0) return false
    rest = polymod(rest, value)
  }
  return rest === 1 || rest === 0x2bc830a3
}

const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function polymod(rest: number, value: number): number {
  const top = rest >>> 25
  let next = ((rest & 0x1ffffff) << 5) ^ value
  for (const [bit, generator] of generators.entries()) if (((top >> bit) & 1) === 1) next ^= generator
  return next >>> 0
}

/** The place of each character in an alphabet; -1: it is not in it. */
function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (let index = 0; index < alphabet.length; index += 1) values[alphabet.charCodeAt(index)] = index
  return values
}
