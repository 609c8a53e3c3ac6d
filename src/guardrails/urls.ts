import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import type { LocalType } from './guardrail.ts'
import { type UrlPolicy, isAgainst, normalHost } from './urls/url-policy.ts'
import { urlScanner } from './urls/url-scanner.ts'

const mostDomains = 1_000
const domainRule = 'must be a domain such as `example.com`'
const domainsRule = `must be a list of at most ${mostDomains} domains, such as \`["example.com"]\``
const domains = (description: string) =>
  z
    .array(z.string(domainRule).min(1, domainRule).max(253, domainRule), domainsRule)
    .max(mostDomains, domainsRule)
    .optional()
    .meta({ description, examples: [['example.com']] })

const schemeRule = 'must be a scheme without `:`, in lower case, such as `https`'
const schemesRule = 'must be a list of 1 to 20 schemes, such as `["https"]`'
const switchRule = 'must be true or false'

const settings = z.strictObject({
  allow_domains: domains('Domains that may be linked to, with their subdomains. Every other address is found.'),
  deny_domains: domains(
    'Domains that must not be linked to, with their subdomains; comes before `allow_domains`. Without both lists every address is found; with an empty one only those that the other settings refuse.',
  ),
  schemes: z
    .array(z.string(schemeRule).regex(/^[a-z][a-z\d+.-]{0,20}$/, schemeRule), schemesRule)
    .min(1, schemesRule)
    .max(20, schemesRule)
    .default(['http', 'https'])
    .meta({ description: 'Schemes that an address may have. An address with any other is found, whatever its host.' }),
  block_ip_hosts: z.boolean(switchRule).default(true).meta({
    description: 'Finds addresses whose host is an IP address, however it is written.',
  }),
  block_userinfo: z.boolean(switchRule).default(true).meta({
    description: 'Finds addresses with a user in them, such as `https://bank.example@evil.example`.',
  }),
})
export type UrlSettings = z.infer<typeof settings>

/** Finds addresses that must not be linked to: in plain text, in Markdown links and images, with and without a scheme. */
export const urls: LocalType<UrlSettings> = {
  type: 'urls',
  summary: 'Finds web addresses that are not allowed, also in Markdown links and images.',
  isRemote: false,
  settings,
  hasSpans: true,
  roles: ['assistant'],
  create(settings) {
    const { allow_domains: allowed, deny_domains: denied } = settings
    const policy: UrlPolicy = {
      allowed: allowed === undefined ? null : hostsOf(allowed, 'allow_domains'),
      denied: hostsOf(denied ?? [], 'deny_domains'),
      findsAll: allowed === undefined && denied === undefined,
      schemes: new Set(settings.schemes),
      blocksIpHosts: settings.block_ip_hosts,
      blocksUserinfo: settings.block_userinfo,
    }
    return { reach: 'tokens', open: () => urlScanner((candidate) => isAgainst(policy, candidate)) }
  },
}

function hostsOf(domains: readonly string[], field: string): ReadonlySet<string> {
  return new Set(
    domains.map((domain, index) => {
      const host = normalHost(domain)
      if (host !== null) return host
      throw new Fault(
        'invalid_request',
        `\`${domain}\` is no domain: leave scheme, port, path and user out, as in \`example.com\`.`,
        { param: `settings.${field}[${index}]` },
      )
    }),
  )
}
