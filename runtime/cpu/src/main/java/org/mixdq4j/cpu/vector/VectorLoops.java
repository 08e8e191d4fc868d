package org.mixdq4j.cpu.vector;

import static org.mixdq4j.cpu.vector.ScalarLoops.*;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * With the Vector API. Written for what C2 of JDK 17 turns into single instructions: no conversions between floats and
 * integers but shifts of bits, no masks, minima of floats as minima of their bits.
 */
public final class VectorLoops implements Loops {
    static final VectorSpecies<Float> F =
            FloatVector.SPECIES_PREFERRED.length() >= 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_256;
    private static final VectorSpecies<Integer> I = F.length() == 16 ? IntVector.SPECIES_512 : IntVector.SPECIES_256;
    private static final VectorSpecies<Short> S = F.length() == 16 ? ShortVector.SPECIES_256 : ShortVector.SPECIES_128;
    private static final VectorSpecies<Byte> B = F.length() == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
    private static final int L = F.length();
    /** Vectors added apart in a sum. */
    private static final int CHAINS = 4;

    /** Whether vectors have at least 8 floats: with fewer, plain Java is as fast. */
    static boolean supported() {
        return FloatVector.SPECIES_PREFERRED.length() >= 8
                && VectorShape.preferredShape().vectorBitSize() >= 256;
    }

    @Override
    public ScoreLoops scores() {
        return new VectorScores();
    }

    private static FloatVector load(float[] x, int at) {
        return FloatVector.fromArray(F, x, at);
    }

    private static FloatVector broadcast(float x) {
        return FloatVector.broadcast(F, x);
    }

    @Override
    public void affine(float[] x, int at, int n, float[] shift, float[] factor, float[] add) {
        for (int i = 0; i < n; i += L) {
            load(x, at + i)
                    .sub(load(shift, i))
                    .mul(load(factor, i))
                    .add(load(add, i))
                    .intoArray(x, at + i);
        }
    }

    @Override
    public void standardize(float[] x, int at, int n, float mean, float factor) {
        for (int i = at; i < at + n; i += L) {
            load(x, i).sub(mean).mul(factor).intoArray(x, i);
        }
    }

    @Override
    public void standardize(float[] x, int at, int n, float mean, float factor, float[] weight, float[] bias) {
        for (int i = 0; i < n; i += L) {
            FloatVector standard = load(x, at + i).sub(mean).mul(factor);
            standard.mul(load(weight, i)).add(load(bias, i)).intoArray(x, at + i);
        }
    }

    @Override
    public void multiply(float[] x, int at, int n, float factor, float[] weight) {
        for (int i = 0; i < n; i += L) {
            load(x, at + i).mul(factor).mul(load(weight, i)).intoArray(x, at + i);
        }
    }

    @Override
    public void add(float[] x, int at, int n, float[] y, int from) {
        for (int i = 0; i < n; i += L) {
            load(x, at + i).add(load(y, from + i)).intoArray(x, at + i);
        }
    }

    @Override
    public void multiply(float[] x, int at, int n, float[] y, int from, float[] to, int toAt) {
        for (int i = 0; i < n; i += L) {
            load(x, at + i).mul(load(y, from + i)).intoArray(to, toAt + i);
        }
    }

    @Override
    public void rotate(float[] x, int at, int n, int size, float[] to, int toAt) {
        VectorRotation.rotate(x, at, n, size, to, toAt);
    }

    @Override
    public void modulate(float[] x, int at, int n, float[] operands, int scaleAt, int shiftAt) {
        for (int i = 0; i < n; i += L) {
            FloatVector v = load(x, at + i);
            v.add(v.mul(load(operands, scaleAt + i)))
                    .add(load(operands, shiftAt + i))
                    .intoArray(x, at + i);
        }
    }

    /** As {@link Exponential#of}. */
    static FloatVector exponential(FloatVector unbounded) {
        IntVector bits = unbounded.reinterpretAsInts();
        FloatVector x =
                bits.and(MAGNITUDE).min(Exponential.MAX_BITS).or(bits.and(SIGN)).reinterpretAsFloats();
        FloatVector shifted = x.fma(Exponential.LOG2_E, Exponential.ROUNDER);
        FloatVector n = shifted.sub(Exponential.ROUNDER);
        FloatVector r = n.fma(broadcast(-Exponential.LN2_HIGH), x);
        r = n.fma(broadcast(-Exponential.LN2_LOW), r);
        FloatVector p = r.fma(Exponential.C7, Exponential.C6);
        p = p.fma(r, broadcast(Exponential.C5));
        p = p.fma(r, broadcast(Exponential.C4));
        p = p.fma(r, broadcast(Exponential.C3));
        p = p.fma(r, broadcast(Exponential.C2));
        p = p.mul(r).fma(r, r).add(1f);
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }

    @Override
    public void sigmoidProduct(float[] x, int at, int n, float slope) {
        for (int i = at; i < at + n; i += L) {
            FloatVector v = load(x, i);
            v.div(exponential(v.mul(-slope)).add(1f)).intoArray(x, i);
        }
    }

    private static FloatVector gelu(FloatVector x) {
        IntVector bits = x.reinterpretAsInts().or(SIGN);
        FloatVector n = bits.min(NormalTail.LEAST_BITS).reinterpretAsFloats();
        FloatVector p = n.fma(NormalTail.C10, NormalTail.C9);
        p = p.fma(n, broadcast(NormalTail.C8));
        p = p.fma(n, broadcast(NormalTail.C7));
        p = p.fma(n, broadcast(NormalTail.C6));
        p = p.fma(n, broadcast(NormalTail.C5));
        p = p.fma(n, broadcast(NormalTail.C4));
        p = p.fma(n, broadcast(NormalTail.C3));
        p = p.fma(n, broadcast(NormalTail.C2));
        p = p.fma(n, broadcast(NormalTail.C1));
        p = p.fma(n, broadcast(NormalTail.C0));
        FloatVector square = p.mul(p);
        FloatVector tail = square.mul(square).mul(n);
        return x.sub(bits.reinterpretAsFloats()).fma(broadcast(0.5f), tail);
    }

    @Override
    public void gelu(float[] x, int at, int n) {
        for (int i = at; i < at + n; i += L) {
            gelu(load(x, i)).intoArray(x, i);
        }
    }

    @Override
    public void geluTanh(float[] x, int at, int n) {
        for (int i = at; i < at + n; i += L) {
            FloatVector v = load(x, i);
            FloatVector inner = v.mul(v).mul(TANH_CUBIC).add(1f).mul(v.mul(TANH_STRETCH));
            v.div(exponential(inner.neg()).add(1f)).intoArray(x, i);
        }
    }

    @Override
    public void relu(float[] x, int at, int n) {
        for (int i = at; i < at + n; i += L) {
            FloatVector v = load(x, i);
            v.blend(0f, v.compare(VectorOperators.LT, 0f)).intoArray(x, i);
        }
    }

    @Override
    public void geGlu(float[] x, int at, int n, float[] gate, int from) {
        for (int i = 0; i < n; i += L) {
            load(x, at + i).mul(gelu(load(gate, from + i))).intoArray(x, at + i);
        }
    }

    @Override
    public float sum(float[] x, int at, int n, float[] lanes) {
        int whole = n - n % Lanes.COUNT;
        for (int g = 0; g < Lanes.COUNT; g += CHAINS * L) {
            FloatVector a = FloatVector.zero(F);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            for (int i = at + g; i < at + whole; i += Lanes.COUNT) {
                a = a.add(load(x, i));
                b = b.add(load(x, i + L));
                c = c.add(load(x, i + 2 * L));
                d = d.add(load(x, i + 3 * L));
            }
            store(a, b, c, d, lanes, g);
        }
        for (int i = whole; i < n; i++) {
            lanes[i - whole] += x[at + i];
        }
        return Lanes.total(lanes);
    }

    @Override
    public float squares(float[] x, int at, int n, float mean, float[] lanes) {
        int whole = n - n % Lanes.COUNT;
        for (int g = 0; g < Lanes.COUNT; g += CHAINS * L) {
            FloatVector a = FloatVector.zero(F);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            for (int i = at + g; i < at + whole; i += Lanes.COUNT) {
                a = a.add(square(load(x, i).sub(mean)));
                b = b.add(square(load(x, i + L).sub(mean)));
                c = c.add(square(load(x, i + 2 * L).sub(mean)));
                d = d.add(square(load(x, i + 3 * L).sub(mean)));
            }
            store(a, b, c, d, lanes, g);
        }
        for (int i = whole; i < n; i++) {
            float d = x[at + i] - mean;
            lanes[i - whole] += d * d;
        }
        return Lanes.total(lanes);
    }

    private static FloatVector square(FloatVector x) {
        return x.mul(x);
    }

    private static void store(FloatVector a, FloatVector b, FloatVector c, FloatVector d, float[] lanes, int at) {
        a.intoArray(lanes, at);
        b.intoArray(lanes, at + L);
        c.intoArray(lanes, at + 2 * L);
        d.intoArray(lanes, at + 3 * L);
    }

    @Override
    public float largest(float[] x, int at, int n) {
        int whole = n - n % (2 * L);
        IntVector a = IntVector.zero(I);
        IntVector b = a;
        for (int i = at; i < at + whole; i += 2 * L) {
            a = a.max(load(x, i).reinterpretAsInts().and(MAGNITUDE));
            b = b.max(load(x, i + L).reinterpretAsInts().and(MAGNITUDE));
        }
        int bits = a.max(b).reduceLanes(VectorOperators.MAX);
        for (int i = at + whole; i < at + n; i++) {
            bits = Math.max(bits, Float.floatToRawIntBits(x[i]) & MAGNITUDE);
        }
        return Float.intBitsToFloat(bits);
    }

    @Override
    public void scale(float[] x, int at, int n, float factor) {
        for (int i = at; i < at + n; i += L) {
            load(x, i).mul(factor).intoArray(x, i);
        }
    }

    @Override
    public void accumulate(float[] x, int stride, int rows, int n, float[] state) {
        for (int i = 0; i < n; i += L) {
            FloatVector shift = load(state, i);
            FloatVector sum = load(state, stride + i);
            FloatVector square = load(state, 2 * stride + i);
            int at = i;
            for (int r = 0; r < rows; r++) {
                FloatVector d = load(x, at).sub(shift);
                sum = sum.add(d);
                square = square.add(d.mul(d));
                at += stride;
            }
            sum.intoArray(state, stride + i);
            square.intoArray(state, 2 * stride + i);
        }
    }

    @Override
    public void levels(float[] x, int at, int n, float inverse, int zeroPoint, int maxLevel, byte[] out, int to) {
        int top = Float.floatToRawIntBits((float) maxLevel) + NAN_WRAP;
        float zero = zeroPoint;
        for (int i = 0; i < n; i += L) {
            IntVector wrapped =
                    load(x, at + i).mul(inverse).add(zero).reinterpretAsInts().add(NAN_WRAP);
            IntVector bits = wrapped.max(NAN_WRAP).min(top).sub(NAN_WRAP);
            IntVector rounded =
                    bits.reinterpretAsFloats().add(Exponential.ROUNDER).reinterpretAsInts();
            Vector<Byte> bytes = rounded.convertShape(VectorOperators.I2B, B, 0);
            ((ByteVector) bytes).intoArray(out, to + i);
        }
    }

    @Override
    public void widen(short[] x, int at, int n, float[] out, int to) {
        for (int i = 0; i < n; i += L) {
            Vector<Integer> wide = ShortVector.fromArray(S, x, at + i).convertShape(VectorOperators.S2I, I, 0);
            ((IntVector) wide)
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(out, to + i);
        }
    }

    @Override
    public void narrow(float[] x, int at, int n, short[] out, int to) {
        for (int i = 0; i < n; i += L) {
            IntVector bits = load(x, at + i).reinterpretAsInts();
            IntVector high = bits.lanewise(VectorOperators.ASHR, 16);
            IntVector rounded = bits.add(0x7FFF).add(high.and(1)).lanewise(VectorOperators.ASHR, 16);
            // All ones where it is NaN.
            IntVector nan =
                    IntVector.broadcast(I, INFINITY).sub(bits.and(MAGNITUDE)).lanewise(VectorOperators.ASHR, 31);
            IntVector chosen = rounded.lanewise(VectorOperators.AND_NOT, nan)
                    .or(high.or(0x40).and(nan));
            Vector<Short> shorts = chosen.convertShape(VectorOperators.I2S, S, 0);
            ((ShortVector) shorts).intoArray(out, to + i);
        }
    }
}
