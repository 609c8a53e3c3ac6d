import type { Fault } from '../core/fault.ts'
import type { Flow, Upload } from './provider.ts'

/** Response headers, lower case. */
export type UpstreamHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface UpstreamRequest {
  /** Absolute http or https URL. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text, or an upload whose bytes are read while they are sent. */
  readonly body: string | Upload
  /** Milliseconds until the response head, counted from sending; 0 is no limit. */
  readonly headTimeoutMs: number
  /** Milliseconds between two pieces of the body; 0 is no limit. */
  readonly idleTimeoutMs: number
}

/** Hears one response: head, then pieces of the decoded body, then end; or fail, at any time, as the last word. */
export interface UpstreamListener {
  head(status: number, headers: UpstreamHeaders): void
  data(bytes: Buffer): void
  end(): void
  fail(fault: Fault): void
}

export interface UpstreamOptions {
  /** TCP and TLS connect, milliseconds. */
  readonly connectTimeoutMs: number
  /** Connections to one origin. More requests than that wait for a free one. */
  readonly connections: number
  /** A request lost on a connection that had lain idle for so long is sent once more, uncounted; milliseconds. */
  readonly resendAfterIdleMs: number
  /** Whether this machine and private networks may be called. Link-local and metadata addresses never are. */
  readonly allowPrivate: boolean
}

export interface Upstreams {
  /** Sends a POST. Never throws; the listener is never called before this has returned. */
  send(request: UpstreamRequest, listener: UpstreamListener): Flow
  /** Takes no more requests and resolves when the running ones are over. */
  drain(): Promise<void>
  /** Ends every connection now. */
  close(): Promise<void>
}
