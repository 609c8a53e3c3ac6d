import { bareModel } from './model-family.ts'

/**
 * The address of one method of one model. The base URL is the host alone; one that ends in a version keeps it.
 * @param method `generateContent`, `batchEmbedContents`, …
 */
export function methodUrl(baseUrl: string, model: string, method: string): string {
  const root = /\/v\d\w*$/.test(baseUrl) ? baseUrl : `${baseUrl}/v1beta`
  return `${root}/${modelPath(model)}:${method}`
}

/** `models/<name>`, or `tunedModels/<name>`; the name comes from a client and stays one segment. */
export function modelPath(model: string): string {
  const tuned = model.startsWith('tunedModels/')
  const name = tuned ? model.slice('tunedModels/'.length) : bareModel(model)
  return `${tuned ? 'tunedModels' : 'models'}/${encodeURIComponent(name)}`
}

/** Everything Google gets to see in a head; the key stands here and never in an address. */
export function geminiHeaders(apiKey: string | null, userAgent: string, accept: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept,
    'accept-encoding': 'identity',
    'user-agent': userAgent,
  }
  if (apiKey !== null) headers['x-goog-api-key'] = apiKey
  return headers
}
