/**
 * The range of addresses that one person easily changes within, for counting what comes from there: an IPv4 address
 * (or its /24, with `ipv4Bits`), an IPv6 /56. Takes what `socket.remoteAddress` gives.
 */
export function networkOf(address: string, ipv4Bits: 24 | 32 = 32): string {
  const ipv4 = /^(?:::ffff:)?((\d+\.\d+\.\d+)\.\d+)$/i.exec(address);
  if (ipv4) return ipv4Bits === 32 ? ipv4[1] : `${ipv4[2]}.0/24`;
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const [left, right] = [head, tail].map((groups) => (groups === '' ? [] : groups.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...zeros, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16) || 0);
  groups[3] &= 0xff00;
  return `${groups.map((group) => group.toString(16)).join(':')}::/56`;
}
