import { BlockList, isIP } from 'node:net'

/**
 * What kind of place a host is, as far as its name alone tells.
 * `metadata`: link-local and cloud metadata services, which hand out credentials; never called.
 * `private`: this machine or a private network; called only when the operator allows it.
 */
export type AddressKind = 'metadata' | 'private' | 'public'

const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

const metadata = new BlockList()
metadata.addSubnet('169.254.0.0', 16, 'ipv4')
metadata.addAddress('100.100.100.200', 'ipv4')
metadata.addAddress('168.63.129.16', 'ipv4')
metadata.addAddress('192.0.0.192', 'ipv4')
metadata.addSubnet('fe80::', 10, 'ipv6')
metadata.addAddress('fd00:ec2::254', 'ipv6')
metadata.addAddress('fd20:ce::254', 'ipv6')

const local = new BlockList()
local.addSubnet('0.0.0.0', 8, 'ipv4')
local.addSubnet('10.0.0.0', 8, 'ipv4')
local.addSubnet('100.64.0.0', 10, 'ipv4')
local.addSubnet('127.0.0.0', 8, 'ipv4')
local.addSubnet('172.16.0.0', 12, 'ipv4')
local.addSubnet('192.0.0.0', 24, 'ipv4')
local.addSubnet('192.168.0.0', 16, 'ipv4')
local.addSubnet('198.18.0.0', 15, 'ipv4')
local.addSubnet('224.0.0.0', 3, 'ipv4')
local.addAddress('::', 'ipv6')
local.addAddress('::1', 'ipv6')
local.addSubnet('64:ff9b:1::', 48, 'ipv6')
local.addSubnet('fec0::', 10, 'ipv6')
local.addSubnet('fc00::', 7, 'ipv6')
local.addSubnet('ff00::', 8, 'ipv6')

/** Kind of a host name or IP address (IPv6 with or without brackets). Names are not resolved. */
export function addressKind(host: string): AddressKind {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const version = isIP(name)
  if (version !== 0) {
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (metadata.check(name, family)) return 'metadata'
    if (local.check(name, family)) return 'private'
    const inside = version === 6 ? embeddedAddress(groupsOf(name)) : null
    return inside === null ? 'public' : addressKind(inside)
  }
  if (metadataNames.has(name)) return 'metadata'
  const isPrivate =
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name.endsWith('.internal') ||
    name.endsWith('.local') ||
    !name.includes('.')
  return isPrivate ? 'private' : 'public'
}

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const withoutZone = address.replace(/%.*$/, '')
  const hex = withoutZone.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) => {
    const pair = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16)
    return `${pair(a, b)}:${pair(c, d)}`
  })
  const [left = '', right] = hex.split('::')
  const read = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [first, last] = [read(left), read(right)]
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

/**
 * The IPv4 address a packet to this IPv6 address may end at, by any of the ways one is written into the other: mapped,
 * compatible, translated (`::ffff:0:…`), NAT64 (`64:ff9b::…`), 6to4 (`2002:…`) and Teredo (`2001:0:…`); null: none.
 */
function embeddedAddress(groups: readonly number[]): string | null {
  const prefix = groups.slice(0, 6).join()
  const isLast = ['0,0,0,0,0,0', '0,0,0,0,0,65535', '0,0,0,0,65535,0', '100,65435,0,0,0,0'].includes(prefix)
  const pair = isLast ? groups.slice(6) : groups[0] === 0x2002 ? groups.slice(1, 3) : teredoClient(groups)
  return pair === null ? null : pair.flatMap((group) => [group >> 8, group & 255]).join('.')
}

/** Written with every bit turned over. */
function teredoClient(groups: readonly number[]): readonly number[] | null {
  return groups[0] === 0x2001 && groups[1] === 0 ? groups.slice(6).map((group) => group ^ 0xffff) : null
}

export type BaseUrl = { readonly url: string } | { readonly problem: string }

/**
 * Reads a provider's base URL. Gives it back without trailing slash, or the broken rule as a clause that follows the
 * field's name ("must …"). The text itself is not repeated: it may hold a password.
 */
export function readBaseUrl(text: string, rules: { readonly allowPrivate: boolean }): BaseUrl {
  if (!URL.canParse(text)) return { problem: 'must be a whole URL, such as https://api.example.com/v1' }
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'must begin with https:// or http://' }
  if (url.username !== '' || url.password !== '')
    return { problem: 'must not hold a user name or password; give the key on its own' }
  if (url.search !== '' || url.hash !== '')
    return { problem: 'must end with its path; take away what follows "?" or "#"' }
  const kind = addressKind(url.hostname)
  if (kind === 'metadata')
    return { problem: `must not point to ${url.hostname}: link-local and metadata addresses are never called` }
  if (kind === 'private' && !rules.allowPrivate) {
    return {
      problem: `must not point to ${url.hostname}, which is this machine or a private network; PROMPTBOX_ALLOW_PRIVATE_URLS=on allows it`,
    }
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` }
}
