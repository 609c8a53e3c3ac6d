/** Address of a prompt, or of something below it. */
export function promptPath(slug: string, ...steps: readonly (string | number)[]): string {
  return ['/prompts', ...[slug, ...steps].map((step) => encodeURIComponent(step))].join('/')
}
