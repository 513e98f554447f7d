import fc from 'fast-check';
import { displayAddress, parseAddress } from './parse-address.js';

describe('addresses', () => {
  // from EIP-55
  it.each([
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('accepts %s and shows it so', (address) => {
    expect(parseAddress(address)).toEqual({ ok: true, value: address.toLowerCase() });
    expect(displayAddress(address.toLowerCase())).toBe(address);
  });

  it('accepts one case: there is no checksum then', () => {
    const lower = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed';
    expect(parseAddress(lower)).toEqual({ ok: true, value: lower });
    expect(parseAddress(`0x${lower.slice(2).toUpperCase()}`)).toEqual({ ok: true, value: lower });
  });

  it('refuses every change of case in one letter', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(39), (bytes, at) => {
        const right = displayAddress(`0x${Buffer.from(bytes).toString('hex')}`);
        const letter = right.charAt(at + 2);
        const turned = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        const wrong = right.slice(0, at + 2) + turned + right.slice(at + 3);
        fc.pre(wrong !== right && /[a-f]/.test(wrong) && /[A-F]/.test(wrong));
        expect(parseAddress(wrong)).toMatchObject({ ok: false, refusal: { code: 'address.checksum' } });
      }),
    );
  });

  it.each([
    '',
    '0x',
    'vitalik.eth',
    '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    `0x${'0'.repeat(39)}`,
    `0x${'0'.repeat(41)}`,
    `0x${'g'.repeat(40)}`,
    ` 0x${'0'.repeat(40)}`,
    `0x${'0'.repeat(40)}\n`,
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toMatchObject({ ok: false, refusal: { code: 'address.malformed' } });
  });
});
