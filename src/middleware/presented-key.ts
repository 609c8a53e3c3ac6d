/**
 * The key a request shows, from `Authorization: Bearer <key>` or, as Azure clients send it, `api-key`. null: none, or an
 * authorization of another form.
 */
export function presentedKey(authorization: string | undefined, apiKey: string | undefined): string | null {
  const [scheme, key, ...more] = authorization?.trim().split(/\s+/) ?? []
  if (scheme?.toLowerCase() === 'bearer' && key !== undefined && more.length === 0) return key
  return apiKey === undefined || apiKey === '' ? null : apiKey
}
