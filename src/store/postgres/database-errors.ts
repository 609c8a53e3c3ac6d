import { Fault } from '../../core/fault.ts'
import { databaseAway, keyTaken, noTenant, statementTooSlow } from '../faults.ts'

/** What the driver says when there is no connection, or no longer one. */
const connectionCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/**
 * Classes of SQLSTATE: connection, resources, operator intervention; and time ran out, read-only, a transaction that said nothing for too long, locks, a database that
 * takes no connections or lets this role do nothing any more.
 */
const awayClasses = ['08', '53', '57', '58']
const awayStates = new Set(['25006', '25P03', '40001', '40P01', '55P03', '55000', '28P01', '28000', '3D000', '42501'])

/** By the statement timeout, or by an administrator. */
const queryCancelled = '57014'

/** What an error of driver or database says about itself. */
export interface DatabaseError {
  /** SQLSTATE, or the code of driver or operating system. */
  readonly code: string
  readonly constraint: string | null
  /** The error that carries the code, without Drizzle's wrapper, whose message holds the statement's values. */
  readonly error: Error
}

/** Finds it under the wrappers; null when the error is none of the database's. */
export function databaseErrorOf(error: unknown): DatabaseError | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') {
      const constraint = 'constraint_name' in at && typeof at.constraint_name === 'string' ? at.constraint_name : null
      return { code: at.code, constraint, error: at }
    }
  }
  return null
}

export function isDatabaseAway({ code }: DatabaseError): boolean {
  return (
    connectionCodes.has(code) || awayStates.has(code) || (code.length === 5 && awayClasses.includes(code.slice(0, 2)))
  )
}

/** The database was reached and refused these very values: another try is in vain. */
export function isDataRefused({ code }: DatabaseError): boolean {
  return code.length === 5 && ['22', '23', '54'].includes(code.slice(0, 2))
}

/** Runs a piece of storage work; what the database says comes out as a Fault, or, when it is our defect, without the values. */
export async function withFaults<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw toFault(error)
  }
}

function toFault(error: unknown): unknown {
  if (error instanceof Fault) return error
  const found = databaseErrorOf(error)
  if (found === null) return error
  if (found.code === queryCancelled) return statementTooSlow(found.error)
  if (isDatabaseAway(found)) return databaseAway(found.error)
  switch (found.code) {
    case '23505':
      if (found.constraint === 'keys_pkey') return keyTaken('id')
      if (found.constraint === 'keys_hash_key') return keyTaken('hash')
      return new Fault('conflict', `This is already there (${found.constraint ?? 'unique'}).`, { cause: found.error })
    case '23503':
      return found.constraint?.endsWith('_tenants_id_fk') === true ? noTenant() : found.error
    case '22021':
    case '22P05':
      return new Fault('invalid_request', 'A text holds the character U+0000, which cannot be stored. Remove it.', {
        cause: found.error,
      })
    case '54000':
      return new Fault('invalid_request', 'A name or tag is too long to be stored. Shorten it.', { cause: found.error })
    default:
      return found.error
  }
}
