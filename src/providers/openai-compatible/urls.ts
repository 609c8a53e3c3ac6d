/** Where the paths of OpenAI's API lie at a provider. `path` is below the version and begins with a slash. */
export type UrlRule = (baseUrl: string, path: string, model: string) => string

/** Everybody but Azure's older addresses. */
export const belowBaseUrl: UrlRule = (baseUrl, path) => baseUrl + path

const deploymentsVersion = '2024-10-21'
const foundryVersion = '2024-05-01-preview'

/**
 * Azure has three kinds of addresses, told apart by the base URL: `https://<resource>.openai.azure.com/openai/v1` is the
 * v1 API, like OpenAI's; `https://<resource>.services.ai.azure.com/models` is the model inference API with a version in
 * the query; the resource alone (or `/openai`) stands for deployments, where the model is part of the path.
 */
export const azureUrl: UrlRule = (baseUrl, path, model) => {
  if (/\/v\d+$/.test(baseUrl)) return baseUrl + path
  if (baseUrl.endsWith('/models')) return `${baseUrl}${path}?api-version=${foundryVersion}`
  const root = baseUrl.replace(/\/openai(\/deployments)?$/, '')
  return `${root}/openai/deployments/${encodeURIComponent(model)}${path}?api-version=${deploymentsVersion}`
}
