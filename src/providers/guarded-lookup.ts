import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { addressKind } from '../core/address.ts'

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/**
 * Resolves a host name for a connection and leaves out the addresses that must not be called: link-local and metadata
 * services always, private networks when not allowed. Checked here, where the address is used, because a name may
 * resolve differently from one moment to the next.
 */
export function guardedLookup(
  allowPrivate: boolean,
): (host: string, options: LookupOptions, callback: Callback) => void {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const allowed = addresses.filter(({ address }) => mayCall(address, allowPrivate))
      const first = allowed[0]
      if (first === undefined) return callback(forbidden(), [])
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

/** Whether a host, name or address, may be called as far as it can be told without resolving it. */
export function mayCall(host: string, allowPrivate: boolean): boolean {
  const kind = addressKind(host)
  return kind === 'public' || (kind === 'private' && allowPrivate)
}

function forbidden(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name resolves to addresses that must not be called'), {
    code: 'ADDRESS_FORBIDDEN',
  })
}

/**
 * Why a server was not reached, as a clause, without addresses or names: what a client or an author may learn of the proxy's
 * network is nothing.
 */
export function reasonUnreached(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = typeof first === 'object' && first !== null && 'code' in first ? first.code : null
  if (code === 'ADDRESS_FORBIDDEN') return 'its host name leads to an address that must not be called'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name does not resolve'
  return 'its server could not be reached or broke off'
}
