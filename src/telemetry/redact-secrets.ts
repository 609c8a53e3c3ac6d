const secretText = [
  // Keys of ours and of the providers, by the beginnings they share.
  /\b(sk|pb|gsk|pk|rk|xai|key|AIza)[-_]?[A-Za-z0-9_-]{12,}/g,
  /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\b((?:x-)?api[-_]?key|authorization|password|secret)(["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
  /(\/\/[^\s:/@]*):[^\s@/]+@/g,
] as const

/** Takes out of a text what looks like a key or password. Providers put the rejected key into their error messages. */
export function redactSecrets(text: string): string {
  const [keys, schemes, fields, urls] = secretText
  return text.replace(urls, '$1:***@').replace(schemes, '$1 ***').replace(fields, '$1$2***').replace(keys, '$1-***')
}

/** Paths of the log's fields that never hold anything readable, whoever fills them. */
export const secretFields = [
  'authorization',
  'apiKey',
  'api_key',
  'password',
  'secret',
  'adminKey',
  'encryptionKey',
  'headers.authorization',
  'headers["api-key"]',
]
