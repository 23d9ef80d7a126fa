import type { Outgoing } from './connection';

/** What every request to one registry carries. */
export interface Caller {
  /** The value of `Host`. */
  host: string;
  /** The value of `Authorization`, when the registry asks for one. */
  authorization?: string;
}

/** What one request carries beside. */
export interface Content {
  accept?: string;
  type?: string;
  /** The body, in parts that are sent one after the other. Absent: the request has none. */
  parts?: readonly Buffer[];
}

/** Gives the bytes of an HTTP/1.1 request. */
export function request(caller: Caller, method: string, path: string, content: Content = {}): Outgoing {
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${caller.host}\r\n`;
  if (caller.authorization !== undefined) head += `Authorization: ${caller.authorization}\r\n`;
  if (content.accept !== undefined) head += `Accept: ${content.accept}\r\n`;
  if (content.type !== undefined) head += `Content-Type: ${content.type}\r\n`;
  if (content.parts) head += `Content-Length: ${content.parts.reduce((sum, { length }) => sum + length, 0)}\r\n`;
  return { method, parts: [Buffer.from(`${head}\r\n`, 'latin1'), ...(content.parts ?? [])] };
}
