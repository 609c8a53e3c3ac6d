import { isIPv6 } from 'node:net'
import type { Finding } from '../guardrail.ts'
import { contextWords } from './context-words.ts'
import { type Groups, separators } from './groups.ts'
import type { IdFormat } from './id-format.ts'

const versionWords = /(?:version|release|build|firmware|section|chapter|clause|§|\bver\.?|\bv\.?)[ :=-]{0,2}$/i

/** Adds the IPv4 addresses in the groups: four numbers up to 255, not part of more, not a version. */
export function findIpv4(groups: Groups, findings: Finding[]): void {
  for (let last = 3; last < groups.count; last += 1) {
    const first = last - 3
    if (
      groups.separator(last) !== separators.dot ||
      groups.separator(last - 1) !== separators.dot ||
      groups.separator(last - 2) !== separators.dot
    ) {
      continue
    }
    if (!isOctet(groups, first) || !isOctet(groups, first + 1) || !isOctet(groups, first + 2) || !isOctet(groups, last))
      continue
    const before = groups.separator(first)
    if ((before === separators.dot || before === separators.hyphen) && groups.hasDigits(first - 1)) continue
    if (groups.separator(last + 1) === separators.dot && groups.hasDigits(last + 1)) continue
    const start = groups.start(first)
    const end = groups.end(last)
    const head = groups.text.slice(start, groups.end(first))
    if (head === '127' || head === '0' || groups.text.slice(start, end) === '255.255.255.255') continue
    if (versionWords.test(groups.text.slice(Math.max(0, start - 16), start))) continue
    findings.push({ kind: 'ip_address', start, end, score: 0.93 })
  }
}

function isOctet(groups: Groups, index: number): boolean {
  const length = groups.length(index)
  if (length > 3 || !groups.isDigits(index)) return false
  const start = groups.start(index)
  if (length > 1 && groups.text.charCodeAt(start) === 48) return false
  return length < 3 || Number(groups.text.slice(start, start + 3)) < 256
}

const ipv6Chars = /[0-9A-Fa-f:.]{3,}/g
/** Longest way to write an IPv6 address, with an IPv4 one at its end. */
const longestIpv6 = 45

/** Adds the IPv6 addresses of a stretch of text. Loopback and the unspecified address are nobody's. */
export function findIpv6(text: string, from: number, to: number, findings: Finding[]): void {
  ipv6Chars.lastIndex = from
  for (let match = ipv6Chars.exec(text); match !== null && match.index < to; match = ipv6Chars.exec(text)) {
    let start = match.index
    let end = Math.min(to, start + match[0].length)
    if (end - start > longestIpv6 + 2) continue
    // The colon of `ip:fe80::1`, the one behind `fe80::1:`.
    if (text[start] === ':' && text[start + 1] !== ':') start += 1
    while (end > start && (text[end - 1] === '.' || (text[end - 1] === ':' && text[end - 2] !== ':'))) end -= 1
    if (isLetterOrDigit(text.charCodeAt(start - 1)) || isLetterOrDigit(text.charCodeAt(end))) continue
    if (end - start < 6 || !isTelling(text.slice(start, end)) || !isIPv6(text.slice(start, end))) continue
    findings.push({ kind: 'ip_address', start, end, score: 0.95 })
  }
}

/** `a::b` is an address too, and in most texts a name in a program. */
function isTelling(address: string): boolean {
  return /\d/.test(address) && (!address.includes('::') || /[0-9A-Fa-f]{3}/.test(address))
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 48 && code < 58) || (code >= 65 && code < 91) || (code >= 97 && code < 123)
}

const macWords = contextWords('mac', 'ethernet', 'hardware address', 'bssid', 'wifi', 'bluetooth', 'hwaddr')

function isMac(chars: string): boolean {
  return /^[0-9A-F]{12}$/.test(chars) && chars !== 'FFFFFFFFFFFF' && chars !== '000000000000'
}

/** Hardware addresses. Digits alone between hyphens or dots are more often something else. */
export const macAddress: readonly IdFormat[] = [
  { kind: 'mac_address', forms: ['2:2:2:2:2:2', '2-2-2-2-2-2?', '4.4.4?', '12?'], isValid: isMac, words: macWords },
  {
    kind: 'mac_address',
    forms: ['2-2-2-2-2-2', '4.4.4'],
    isValid: (chars) => isMac(chars) && /\D/.test(chars),
    words: macWords,
  },
]
