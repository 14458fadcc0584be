package readmodel

import "math/bits"

// Decay is what is left of score after seconds at a half-life: rounded to a whole millionth, half
// up. It is integer arithmetic only, so that every machine gives the same bytes, and it never
// grows with seconds.
func Decay(score, seconds, halfLife int64) int64 {
	if score <= 0 || halfLife <= 0 {
		return 0
	}
	if seconds <= 0 {
		return score
	}
	halvings := uint64(seconds / halfLife)
	if halvings >= 63 {
		return 0
	}
	fraction, _ := bits.Div64(uint64(seconds%halfLife), 0, uint64(halfLife))
	hi, lo := bits.Mul64(uint64(score), power(fraction))
	_, carry := bits.Add64(lo, halfShift(halvings, 0), 0)
	hi, _ = bits.Add64(hi, halfShift(halvings, 64), carry)
	return int64(hi >> halvings)
}

// halfShift is one half of what a shift by 64+halvings cuts off: the low or the high word.
func halfShift(halvings uint64, word uint64) uint64 {
	bit := 63 + halvings
	if bit < word || bit >= word+64 {
		return 0
	}
	return 1 << (bit - word)
}

// power is 2 to the power of -fraction/2^64, times 2^64: the product of the factors of the bits
// set in fraction. The 40 highest bits are far finer than a millionth.
func power(fraction uint64) uint64 {
	p := ^uint64(0)
	for _, factor := range roots {
		if fraction == 0 {
			break
		}
		if fraction>>63 == 1 {
			p, _ = bits.Mul64(p, factor)
		}
		fraction <<= 1
	}
	return p
}

// roots holds 2^(-1/2), 2^(-1/4), 2^(-1/8), ... times 2^64.
var roots = [40]uint64{
	0xb504f333f9de6484, 0xd744fccad69d6af4, 0xeac0c6e7dd24392f, 0xf5257d152486cc2c,
	0xfa83b2db722a033a, 0xfd3e0c0cf486c175, 0xfe9e115c7b8f884c, 0xff4ecb59511ec8a5,
	0xffa756521c8daed2, 0xffd3a751c0f7e10c, 0xffe9d2b2f7db2756, 0xfff4e91bff1b8c3e,
	0xfffa747ea0040664, 0xfffd3a3b7814eb54, 0xfffe9d1cc60ddab1, 0xffff4e8e25879bfa,
	0xffffa7470363f451, 0xffffd3a37dda0313, 0xffffe9d1bdf703af, 0xfffff4e8debe025e,
	0xfffffa746f4fa150, 0xfffffd3a37a3f8b0, 0xfffffe9d1bd1065a, 0xffffff4e8de845ae,
	0xffffffa746f41377, 0xffffffd3a37a05e4, 0xffffffe9d1bd01fc, 0xfffffff4e8de80c0,
	0xfffffffa746f4051, 0xfffffffd3a37a025, 0xfffffffe9d1bd011, 0xffffffff4e8de808,
	0xffffffffa746f404, 0xffffffffd3a37a02, 0xffffffffe9d1bd01, 0xfffffffff4e8de81,
	0xfffffffffa746f40, 0xfffffffffd3a37a0, 0xfffffffffe9d1bd0, 0xffffffffff4e8de8,
}
