/** The checksum of digests: CRC-32 as in zlib. */

const TABLE = makeTable();

/** Goes on from `crc`, which is that of the bytes before. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let rest = ~crc;
  for (let index = 0; index < bytes.length; index++) rest = TABLE[(rest ^ bytes[index]) & 0xff] ^ (rest >>> 8);
  return ~rest >>> 0;
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
    return byte;
  });
}
