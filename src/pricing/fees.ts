/** US dollars on top of the tokens. null: there is such a fee, or may be, and nobody knows how much. */
export interface Fees {
  /** Of each request; 0 for nearly all. */
  readonly requestUsd: number | null
  /** Of each search of the web that the provider made for the answer. */
  readonly webSearchUsd: number | null
}

/**
 * OpenAI's search models of the chat API look something up for every answer, do not say how often, and have no fee in
 * the list: what stands there is the fee of the search tool with the model of the same name. OpenAI asks 25 US dollars
 * for a thousand of these searches and nothing for the tokens that were found.
 */
const searchModel = /-search-preview(-|$)/i
const searchModelUsd = 0.025

/**
 * @param id the entry's in the list, `<price provider>/<model>`
 * @param model the name that led to the entry
 * @param listed US dollars for a thousand, as the list says
 */
export function feesOf(
  id: string,
  model: string,
  listed: { readonly requests: number | null; readonly webSearches: number | null },
): Fees {
  if (searchModel.test(model)) return { requestUsd: id.startsWith('openai/') ? searchModelUsd : null, webSearchUsd: 0 }
  return {
    requestUsd: (listed.requests ?? 0) / 1000,
    webSearchUsd: listed.webSearches === null ? null : listed.webSearches / 1000,
  }
}
