// The stored pictures, read byte by byte. Others are read back from a canvas, but a canvas tells browsers apart, so in
// private windows some of them change what a page reads there by a little noise. A label would become another one,
// and a good GPU would be called wrong.

/**
 * Read a PNG with one byte of grey for each pixel, not interlaced: what ci/live_data.py writes.
 * @param {ArrayBuffer} file
 * @returns {Promise<{grey: Float32Array, width: number, height: number}>} grey values from 0 to 255, row after row.
 * @throws {Error} if it is something else, or cut short.
 */
export async function decode(file) {
  const view = new DataView(file);
  const packed = [];
  let [width, height] = [0, 0];
  // Eight bytes say that it is a PNG; then come chunks: length, name, content, four bytes to check it.
  for (let at = 8; at < file.byteLength; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...new Uint8Array(file, at + 4, 4));
    if (name === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const isGrey = view.getUint8(at + 16) === 8 && view.getUint8(at + 17) === 0 && view.getUint8(at + 20) === 0;
      if (!isGrey) throw new TypeError("no PNG with one byte of grey for each pixel");
    }
    if (name === "IDAT") packed.push(new Uint8Array(file, at + 8, view.getUint32(at)));
  }
  const stream = new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate"));
  const lines = new Uint8Array(await new Response(stream).arrayBuffer());
  if (!width || lines.length !== height * (width + 1)) throw new TypeError("no whole PNG");
  return { grey: unfiltered(lines, width, height), width, height };
}

/**
 * A row holds differences from what stands before, above, or both; its first byte says which.
 * W3C (2025), Portable Network Graphics Specification, part 9: filtering
 */
function unfiltered(lines, width, height) {
  const grey = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (width + 1)];
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const left = x ? grey[i - 1] : 0;
      const above = y ? grey[i - width] : 0;
      const corner = x && y ? grey[i - width - 1] : 0;
      const expected = [0, left, above, (left + above) >> 1, nearest(left, above, corner)][filter];
      grey[i] = (lines[y * (width + 1) + 1 + x] + expected) & 255;
    }
  }
  return grey;
}

/** Of the three, the one that is nearest to left + above − corner. */
function nearest(left, above, corner) {
  const sum = left + above - corner;
  const [a, b, c] = [left, above, corner].map((each) => Math.abs(sum - each));
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
