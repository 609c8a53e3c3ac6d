import { Client, type Dispatcher } from 'undici'
import { Fault } from '../core/fault.ts'
import { guardedLookup, mayCall, reasonUnreached } from './guarded-lookup.ts'

/** A file that a request names by its address. */
export interface WantedFile {
  readonly url: string
  /** The part of the request that names it, for what goes wrong. */
  readonly param: string
  /** Beginnings of the media types it may have: `image/`, `application/pdf`. */
  readonly accept: readonly string[]
}

export interface DownloadedFile {
  readonly mimeType: string
  /** Base64. */
  readonly data: string
}

export interface DownloadOptions {
  /** Whether this machine and private networks may be called. Link-local and metadata addresses never are. */
  readonly allowPrivate: boolean
  readonly limits?: DownloadLimits
}

export interface DownloadLimits {
  /** Milliseconds for one file, redirects and all. */
  readonly timeoutMs: number
  /** Bytes of one file. */
  readonly maxFileBytes: number
  /** Bytes of all files of one request. */
  readonly maxTotalBytes: number
  /** Bytes that all requests together may be fetching at one time. */
  readonly maxBytesAtOnce: number
  /** Files of one request. */
  readonly maxFiles: number
  /** Files of one request that are fetched at the same time. */
  readonly parallel: number
  /** Redirects of one file; each address is checked like the first. */
  readonly maxRedirects: number
}

/** Gemini takes requests of 20 MB with everything in them; more would be fetched in vain. */
export const downloadLimits: DownloadLimits = {
  timeoutMs: 15_000,
  maxFileBytes: 20 * 2 ** 20,
  maxTotalBytes: 40 * 2 ** 20,
  maxBytesAtOnce: 512 * 2 ** 20,
  maxFiles: 32,
  parallel: 4,
  maxRedirects: 3,
}

export interface Downloads {
  /**
   * Fetches all files, or none: the first that fails ends the others.
   * @returns them by their URL.
   * @throws Fault `invalid_request` with the file's `param`; `unavailable` when too much is being fetched for others.
   */
  fetch(files: readonly WantedFile[], signal: AbortSignal): Promise<ReadonlyMap<string, DownloadedFile>>
}

/** Fetches files that clients name, from public addresses only unless private ones are allowed. */
export function openDownloads(options: DownloadOptions): Downloads {
  const limits = options.limits ?? downloadLimits
  // A request of a hundred bytes can make us hold megabytes, so that the bound of one request is not enough.
  const held = { bytes: 0 }
  return {
    async fetch(files, signal) {
      const extra = files[limits.maxFiles]
      if (extra !== undefined)
        throw refused(extra, `is one too many: a request may name ${limits.maxFiles} files to fetch.`)
      const batch = new Batch(options.allowPrivate, limits, held, signal)
      return batch.fetch(files)
    },
  }
}

/** The files of one request. */
class Batch {
  readonly #lookup: ReturnType<typeof guardedLookup>
  readonly #allowPrivate: boolean
  readonly #limits: DownloadLimits
  /** By all batches together. */
  readonly #held: { bytes: number }
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  #bytes = 0

  constructor(allowPrivate: boolean, limits: DownloadLimits, held: { bytes: number }, signal: AbortSignal) {
    this.#lookup = guardedLookup(allowPrivate)
    this.#allowPrivate = allowPrivate
    this.#limits = limits
    this.#held = held
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  async fetch(files: readonly WantedFile[]): Promise<ReadonlyMap<string, DownloadedFile>> {
    const found = new Map<string, DownloadedFile>()
    const waiting = files.values()
    const worker = async (): Promise<void> => {
      for (const file of waiting) found.set(file.url, await this.#fetchOne(file))
    }
    const workers = Array.from({ length: Math.min(this.#limits.parallel, files.length) }, worker)
    try {
      await Promise.all(workers)
    } finally {
      this.#stop.abort()
      // What the others had begun is let go of only when they have ended.
      void Promise.allSettled(workers).then(() => (this.#held.bytes -= this.#bytes))
    }
    return found
  }

  async #fetchOne(file: WantedFile): Promise<DownloadedFile> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#limits.timeoutMs)])
    try {
      let address = file.url
      for (let redirects = 0; redirects <= this.#limits.maxRedirects; redirects += 1) {
        const answer = await this.#ask(address, file, signal)
        if ('file' in answer) return answer.file
        address = answer.location
      }
    } catch (error) {
      if (error instanceof Fault) throw error
      // A batch that was stopped from outside is asked by nobody any more what became of it.
      const isLate = signal.aborted && !this.#signal.aborted
      const reason = isLate
        ? `did not come within ${this.#limits.timeoutMs / 1000} s.`
        : `could not be fetched: ${reasonUnreached(error)}.`
      throw refused(file, reason, error)
    }
    throw refused(file, `leads through more than ${this.#limits.maxRedirects} redirects.`)
  }

  async #ask(
    address: string,
    file: WantedFile,
    signal: AbortSignal,
  ): Promise<{ readonly file: DownloadedFile } | { readonly location: string }> {
    const url = this.#checked(address, file)
    // One connection for one file: nothing is kept towards addresses that clients chose.
    const client = new Client(url.origin, {
      pipelining: 0,
      maxHeaderSize: 16 * 1024,
      connect: { lookup: this.#lookup, timeout: this.#limits.timeoutMs },
    })
    try {
      const response = await client.request({
        method: 'GET',
        path: url.pathname + url.search,
        headers: {
          accept: file.accept.map((type) => (type.endsWith('/') ? `${type}*` : type)).join(', '),
          'accept-encoding': 'identity',
        },
        signal,
      })
      const { statusCode: status, headers } = response
      // What is left unread ends with the connection, which is nobody's error.
      response.body.on('error', () => undefined)
      if (status >= 300 && status < 400 && typeof headers.location === 'string')
        return { location: new URL(headers.location, url).href }
      if (status !== 200) throw refused(file, `could not be fetched: its server answered ${status}.`)
      return { file: await this.#read(response, file) }
    } finally {
      await client.destroy()
    }
  }

  #checked(address: string, file: WantedFile): URL {
    if (!URL.canParse(address)) throw refused(file, 'must be a whole URL.')
    const url = new URL(address)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(file, 'must be an http or https URL.')
    if (url.username !== '' || url.password !== '') throw refused(file, 'must not hold a user name or password.')
    if (!mayCall(url.hostname, this.#allowPrivate)) throw refused(file, 'leads to an address that must not be called.')
    return url
  }

  async #read(response: Dispatcher.ResponseData, file: WantedFile): Promise<DownloadedFile> {
    const { headers, body } = response
    const mimeType =
      String(headers['content-type'] ?? '')
        .split(';')[0]
        ?.trim()
        .toLowerCase() ?? ''
    if (!/^[\w.+-]+\/[\w.+-]+$/.test(mimeType) || !file.accept.some((type) => mimeType.startsWith(type)))
      throw refused(file, `is not of a media type that may stand here (${file.accept.join(', ')}).`)
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
      throw refused(file, 'came compressed, although that was not asked for.')
    const announced = Number(headers['content-length'] ?? 0)
    if (announced > this.#limits.maxFileBytes) throw this.#tooLarge(file)
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of body as AsyncIterable<Buffer>) {
      bytes += part.length
      this.#bytes += part.length
      this.#held.bytes += part.length
      if (bytes > this.#limits.maxFileBytes || this.#bytes > this.#limits.maxTotalBytes) throw this.#tooLarge(file)
      if (this.#held.bytes > this.#limits.maxBytesAtOnce)
        throw new Fault(
          'unavailable',
          'Too many files are being fetched at this moment. Try again, or send their bytes as data URLs.',
        )
      parts.push(part)
    }
    if (bytes === 0) throw refused(file, 'is empty.')
    return { mimeType, data: Buffer.concat(parts).toString('base64') }
  }

  #tooLarge(file: WantedFile): Fault {
    const { maxFileBytes, maxTotalBytes } = this.#limits
    return refused(
      file,
      `is too large to be fetched: at most ${maxFileBytes} bytes a file and ${maxTotalBytes} bytes a request.`,
    )
  }
}

function refused(file: WantedFile, rule: string, cause?: unknown): Fault {
  const details = { param: file.param, ...(cause === undefined ? {} : { cause }) }
  return new Fault(
    'invalid_request',
    `The file at ${file.param} ${rule} Send its bytes as a data URL instead.`,
    details,
  )
}
