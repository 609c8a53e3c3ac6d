/** What models put around a verdict. */

const thinking = /^\s*<think>[^<]*(?:<(?!\/think>)[^<]*)*<\/think>/

/** An answer without the thinking that some models begin it with; what never ends stays, and is no verdict. */
export function withoutThinking(answer: string): string {
  return answer.replace(thinking, '').trim()
}
