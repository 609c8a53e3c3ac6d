import { isIP } from 'node:net'
import type { UrlCandidate } from './url-candidates.ts'

export interface UrlPolicy {
  /** Hosts that are fine, with their subdomains. null: all are but the denied ones. */
  readonly allowed: ReadonlySet<string> | null
  readonly denied: ReadonlySet<string>
  /** Whatever its host, an address is found. */
  readonly findsAll: boolean
  /** Schemes that are fine, in lower case. */
  readonly schemes: ReadonlySet<string>
  readonly blocksIpHosts: boolean
  readonly blocksUserinfo: boolean
}

const longestRead = 2_048

/**
 * Whether an address is against the policy, by what a browser would make of it: the parser of the URL standard reads host,
 * user and scheme, and undoes percent encoding, full-width letters and the odd ways to write an IP. A Markdown renderer
 * resolves entities and backslashes before that, so both readings have to be fine.
 */
export function isAgainst(policy: UrlPolicy, candidate: UrlCandidate): boolean {
  const text = candidate.text.slice(0, longestRead)
  if (isReadingAgainst(policy, text, candidate.hasScheme)) return true
  const rendered = text.includes('&') || text.includes('\\') ? unescapeMarkdown(text) : text
  return rendered !== text && isReadingAgainst(policy, rendered, candidate.hasScheme)
}

function isReadingAgainst(policy: UrlPolicy, text: string, hasScheme: boolean): boolean {
  if (policy.findsAll) return true
  if (!hasScheme && plainHost.test(text)) return isHostAgainst(policy, text)
  const url = parse(hasScheme ? text : `http://${text}`)
  // What no browser can open leads nowhere, but a list of what is allowed has nothing that would allow it.
  if (url === null) return hasScheme && policy.allowed !== null
  if (!policy.schemes.has(url.protocol.slice(0, -1))) return true
  if (policy.blocksUserinfo && (url.username !== '' || url.password !== '')) return true
  const host = hostOf(url)
  if (policy.blocksIpHosts && isIP(host.replace(/^\[|\]$/g, '')) !== 0) return true
  return isHostAgainst(policy, host)
}

/** A host that the parser would leave as it is, and most are: parsing takes much longer than all the rest. */
const plainHost = /^[a-z\d-]+(?:\.(?!xn--)[a-z\d-]+)*\.[a-z]+$/

function isHostAgainst(policy: UrlPolicy, host: string): boolean {
  if (isWithin(policy.denied, host)) return true
  return policy.allowed !== null && !isWithin(policy.allowed, host)
}

/** A host as policies compare it; null: it is none, or has more than a host in it. */
export function normalHost(domain: string): string | null {
  const plain = domain.trim().replace(/^\*\./, '')
  if (plain === '' || /[/\\?#@:\s]/.test(plain.replace(/^\[[\da-f:.]+\]$/i, ''))) return null
  const url = parse(`http://${plain}`)
  return url === null ? null : hostOf(url)
}

function hostOf(url: URL): string {
  // A scheme that browsers do not know leaves its host as it was written.
  const isSpecial = /^(?:https?|wss?|ftp|file):$/.test(url.protocol)
  const host = isSpecial ? url.hostname : (parse(`http://${url.hostname}`)?.hostname ?? url.hostname.toLowerCase())
  return host.replace(/\.+$/, '')
}

function isWithin(domains: ReadonlySet<string>, host: string): boolean {
  if (domains.size === 0) return false
  for (let at = 0; at !== -1; at = host.indexOf('.', at + 1))
    if (domains.has(host.slice(at === 0 ? 0 : at + 1))) return true
  return false
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

const named: Readonly<Record<string, string>> = { amp: '&', period: '.', colon: ':', sol: '/', commat: '@', bsol: '\\' }
const entity = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|period|colon|sol|commat|bsol));?/gi

function unescapeMarkdown(text: string): string {
  const resolved = text.replace(entity, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? whole
    const codePoint = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
    return codePoint <= 0x10_ff_ff ? String.fromCodePoint(codePoint) : whole
  })
  return resolved.replace(/\\([!-/:-@[-`{-~])/g, '$1')
}
