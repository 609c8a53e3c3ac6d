import type { Finding } from '../guardrail.ts'

/** Longest local part and longest domain, characters (RFC 5321). */
const longestLocal = 64
const longestDomain = 253

/** Endings of file names that are no top-level domains: `logo@2x.png`. */
const fileEndings = new Set(
  'png jpg jpeg gif svg webp css js ts jsx tsx json html htm txt pdf xml yaml yml exe dll gz'.split(' '),
)

/** Adds the e-mail addresses of a stretch of text. Looks around each `@`, no further than an address is long. */
export function findEmails(text: string, from: number, to: number, findings: Finding[]): void {
  for (let at = text.indexOf('@', from); at >= 0 && at < to; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, from, at)
    if (start === at) continue
    const end = domainEnd(text, at + 1, to)
    if (end < 0 || isRemote(text, start, at, end, to)) continue
    findings.push({ kind: 'email', start, end, score: 0.97 })
  }
}

/** Where the local part begins; `at`: there is none. */
function localStart(text: string, from: number, at: number): number {
  const least = Math.max(from, at - longestLocal)
  let start = at
  while (start > least && isLocal(text.charCodeAt(start - 1))) start -= 1
  // Longer than any: something else, such as a key.
  if (start === least && start > from && isLocal(text.charCodeAt(start - 1))) return at
  while (start < at && !isWord(text.charCodeAt(start)) && text[start] !== '_') start += 1
  return text[at - 1] === '.' ? at : start
}

/** Where the domain ends: at least two labels, the last of them letters. -1: it is none. */
function domainEnd(text: string, from: number, to: number): number {
  const most = Math.min(to, from + longestDomain)
  let end = -1
  let label = from
  for (let index = from; index <= most; index += 1) {
    const code = index < most ? text.charCodeAt(index) : 0
    if (isWord(code) || code === 0x2d) continue
    if (index === label || index - label > 63 || text[label] === '-' || text[index - 1] === '-') return end
    if (label > from && isTopLevel(text.slice(label, index))) end = index
    if (code !== 0x2e) return end
    label = index + 1
  }
  return end
}

function isTopLevel(label: string): boolean {
  if (label.length < 2 || label.length > 24) return false
  if (label.startsWith('xn--')) return true
  return /^[A-Za-z]+$/.test(label) && !fileEndings.has(label.toLowerCase())
}

/** `git@github.com:name/repository`: an address of a machine. */
function isRemote(text: string, start: number, at: number, end: number, to: number): boolean {
  return end < to && text[end] === ':' && at - start === 3 && text.startsWith('git', start)
}

function isWord(code: number): boolean {
  return (
    (code >= 48 && code < 58) ||
    (code >= 65 && code < 91) ||
    (code >= 97 && code < 123) ||
    (code >= 0xc0 && code < 0x250)
  )
}

/** Characters of a local part that are in use: letters, digits, `.`, `_`, `-`, `+`, `%`, `'`. */
function isLocal(code: number): boolean {
  return (
    isWord(code) || code === 0x2e || code === 0x5f || code === 0x2d || code === 0x2b || code === 0x25 || code === 0x27
  )
}
