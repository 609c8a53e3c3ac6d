/** How many answers of one version were checked, by what was found. */
export interface VersionOutputChecks {
  readonly version: number
  readonly ok: number
  readonly repaired: number
  readonly mismatch: number
}

export interface OutputCheckReader {
  /**
   * Of the exchanges of a prompt that were created from `from` (inclusive) until `until` (exclusive), milliseconds since
   * 1970; by version, the highest first. Versions of which nothing was checked are left out.
   */
  count(
    tenantId: string,
    prompt: string,
    range: { readonly from: number; readonly until: number },
  ): Promise<readonly VersionOutputChecks[]>
}
