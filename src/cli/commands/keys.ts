import { type Command, usageError } from '../command.ts'
import { textTable } from '../text-table.ts'

export const listKeys: Command = {
  name: 'keys list',
  summary: 'List keys, revoked ones too; never the keys themselves',
  remote: true,
  async run(_, { admin }) {
    const rows = await admin.all('/keys')
    const cells = rows.map((row) => [
      row['id'],
      row['name'],
      row['prefix'],
      row['scopes'],
      row['roles'],
      row['expires_at'],
      row['revoked_at'],
    ])
    return {
      json: { data: rows },
      text: textTable(['ID', 'NAME', 'PREFIX', 'SCOPES', 'ROLES', 'EXPIRES', 'REVOKED'], cells) || 'No keys.\n',
    }
  },
}

export const createKey: Command = {
  name: 'keys create',
  summary: 'Make a key; it is shown this once',
  remote: true,
  operands: [{ name: 'name' }],
  options: {
    scope: {
      type: 'string',
      multiple: true,
      value: 'SCOPE',
      description: '`inference` (the default), `feedback` or `admin`',
    },
    role: {
      type: 'string',
      multiple: true,
      value: 'ROLE',
      description: 'what its holder may do besides, for protected labels',
    },
    'expires-at': { type: 'string', value: 'TIME', description: 'ISO 8601; left out: never' },
  },
  examples: ['keys create "checkout service"', 'keys create Ada --scope admin --role release-manager'],
  async run(invocation, { admin }) {
    const [scopes, roles] = [invocation.values('scope'), invocation.values('role')]
    const expires = invocation.value('expires-at')
    if (expires !== undefined && Number.isNaN(Date.parse(expires)))
      throw usageError(`--expires-at must be a time such as 2027-01-31T00:00:00Z, not \`${expires}\`.`)
    const body = {
      name: invocation.operand('name'),
      ...(scopes.length === 0 ? {} : { scopes }),
      ...(roles.length === 0 ? {} : { roles }),
      ...(expires === undefined ? {} : { expires_at: new Date(expires).toISOString() }),
    }
    const key = await admin.send({ method: 'POST', path: '/keys', body })
    return { json: key, text: `${String(key['key'])}\n` }
  },
}

export const revokeKey: Command = {
  name: 'keys revoke',
  summary: 'Revoke a key, for good',
  remote: true,
  operands: [{ name: 'id' }],
  async run(invocation, { admin }) {
    const id = invocation.operand('id') ?? ''
    const key = await admin.send({ method: 'DELETE', path: `/keys/${encodeURIComponent(id)}` })
    return { json: key, text: `Key '${String(key['name'])}' is revoked.\n` }
  },
}
