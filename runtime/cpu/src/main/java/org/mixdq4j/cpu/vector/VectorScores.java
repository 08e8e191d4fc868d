package org.mixdq4j.cpu.vector;

import static org.mixdq4j.cpu.vector.ScalarLoops.INFINITY;
import static org.mixdq4j.cpu.vector.ScalarLoops.MAGNITUDE;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** With the Vector API, written as {@link VectorLoops} are. */
final class VectorScores implements ScoreLoops {
    private static final VectorSpecies<Float> F = VectorLoops.F;
    private static final int L = F.length();
    private static final VectorSpecies<Integer> I = L == 16 ? IntVector.SPECIES_512 : IntVector.SPECIES_256;
    private static final VectorSpecies<Byte> B = L == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    private static FloatVector load(float[] x, int at) {
        return FloatVector.fromArray(F, x, at);
    }

    private static FloatVector broadcast(float x) {
        return FloatVector.broadcast(F, x);
    }

    /** Integers in the order of the floats whose bits are given: NaNs are the first and last ones. */
    private static IntVector ordered(IntVector bits) {
        return bits.lanewise(VectorOperators.ASHR, 31).and(MAGNITUDE).lanewise(VectorOperators.XOR, bits);
    }

    @Override
    public void maxima(ScoreRows rows) {
        float[] x = rows.x;
        for (int row = 0; row < rows.rows; row++) {
            IntVector most = IntVector.broadcast(I, Integer.MIN_VALUE);
            IntVector least = IntVector.broadcast(I, Integer.MAX_VALUE);
            int end = row * rows.stride + rows.n;
            for (int i = row * rows.stride; i < end; i += L) {
                IntVector key = ordered(load(x, i).reinterpretAsInts());
                most = most.max(key);
                least = least.min(key);
            }
            int key = most.reduceLanes(VectorOperators.MAX);
            boolean nan = key > INFINITY || least.reduceLanes(VectorOperators.MIN) < ~INFINITY;
            float maximum = nan ? Float.NaN : Float.intBitsToFloat(key ^ key >> 31 & MAGNITUDE);
            rows.maxima[row] = rows.n == 0 ? Float.NEGATIVE_INFINITY : maximum;
        }
    }

    @Override
    public void peaks(ScoreRows rows) {
        float[] x = rows.x;
        for (int row = 0; row < rows.rows; row++) {
            IntVector most = IntVector.broadcast(I, Integer.MIN_VALUE);
            IntVector least = IntVector.broadcast(I, Integer.MAX_VALUE);
            int end = row * rows.stride + rows.n;
            for (int i = row * rows.stride; i < end; i += L) {
                IntVector bits = load(x, i).reinterpretAsInts();
                most = most.max(bits);
                least = least.min(bits);
            }
            rows.maxima[row] = ScalarScores.peak(
                    most.reduceLanes(VectorOperators.MAX), least.reduceLanes(VectorOperators.MIN), rows.n);
        }
    }

    @Override
    public void powers(ScoreRows rows) {
        float[] x = rows.x;
        for (int row = 0; row < rows.rows; row++) {
            FloatVector maximum = broadcast(rows.maxima[row]);
            FloatVector factor = broadcast(rows.factors[row]);
            int end = row * rows.stride + rows.n;
            for (int g = 0; g < STEP; g += L) {
                FloatVector sum = FloatVector.zero(F);
                for (int i = row * rows.stride + g; i < end; i += STEP) {
                    FloatVector power = power(load(x, i).sub(maximum).fma(factor, broadcast(Powers.OFFSET)));
                    power.intoArray(x, i);
                    sum = sum.add(power);
                }
                sum.intoArray(rows.lanes, g);
            }
            rows.sums[row] = ScalarScores.total(rows.lanes);
        }
    }

    /** As {@link Powers#of}. */
    private static FloatVector power(FloatVector x) {
        FloatVector t = x.reinterpretAsInts().min(Powers.LOWEST).reinterpretAsFloats();
        FloatVector shifted = t.add(Exponential.ROUNDER);
        FloatVector f = t.sub(shifted.sub(Exponential.ROUNDER));
        FloatVector p = f.fma(Powers.C5, Powers.C4);
        p = p.fma(f, broadcast(Powers.C3)).fma(f, broadcast(Powers.C2));
        p = p.fma(f, broadcast(Powers.C1)).fma(f, broadcast(Powers.C0));
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }

    @Override
    public void scale(ScoreRows rows) {
        float[] x = rows.x;
        for (int row = 0; row < rows.rows; row++) {
            FloatVector factor = broadcast(rows.factors[row]);
            int end = row * rows.stride + rows.n;
            for (int i = row * rows.stride; i < end; i += L) {
                load(x, i).mul(factor).intoArray(x, i);
            }
        }
    }

    @Override
    public void digits(ScoreRows rows, byte[] high, byte[] low, int stride) {
        float[] x = rows.x;
        int n = rows.n;
        for (int row = 0; row < rows.rows; row++) {
            FloatVector maximum = broadcast(rows.maxima[row]);
            FloatVector factor = broadcast(rows.factors[row]);
            int from = row * rows.stride;
            int to = row * stride;
            IntVector sum = IntVector.zero(I);
            for (int i = 0; i < n; i += L) {
                FloatVector power = power(load(x, from + i).sub(maximum).fma(factor, broadcast(Powers.OFFSET)));
                IntVector bits = power.add(Exponential.ROUNDER).reinterpretAsInts();
                sum = sum.add(bits);
                bytes(bits).intoArray(low, to + i);
                bytes(bits.lanewise(VectorOperators.LSHR, 8)).intoArray(high, to + i);
            }
            rows.sums[row] = ScalarScores.integers(sum.reduceLanes(VectorOperators.ADD), n);
        }
    }

    /** The lowest ones. */
    private static ByteVector bytes(IntVector bits) {
        return (ByteVector) bits.convertShape(VectorOperators.I2B, B, 0);
    }

    @Override
    public void combine(ScoreRows rows, float[] low, float[] columns, int scaleAt, int shiftAt) {
        float[] x = rows.x;
        int n = rows.n;
        FloatVector base = broadcast(256);
        for (int row = 0; row < rows.rows; row++) {
            FloatVector factor = broadcast(rows.factors[row]);
            int from = row * rows.stride;
            for (int i = 0; i < n; i += L) {
                FloatVector sum = load(x, from + i).fma(base, load(low, from + i));
                sum.mul(factor)
                        .mul(load(columns, scaleAt + i))
                        .add(load(columns, shiftAt + i))
                        .intoArray(x, from + i);
            }
        }
    }

    @Override
    public void magnitudes(ScoreRows rows, float[] shift, int period) {
        float[] x = rows.x;
        int n = rows.n;
        int end = period * n;
        int own = 0;
        for (int row = 0; row < rows.rows; row++, own = own + n == end ? 0 : own + n) {
            IntVector bits = IntVector.zero(I);
            int from = row * rows.stride;
            for (int i = 0; i < n; i += L) {
                bits = bits.max(magnitude(load(x, from + i).sub(load(shift, own + i))));
            }
            rows.maxima[row] = Float.intBitsToFloat(bits.reduceLanes(VectorOperators.MAX));
        }
    }

    private static IntVector magnitude(FloatVector x) {
        return x.reinterpretAsInts().and(MAGNITUDE);
    }

    @Override
    public void integers(ScoreRows rows, float[] shift, int period, int middle, byte[] out) {
        float[] x = rows.x;
        int n = rows.n;
        int end = period * n;
        int own = 0;
        FloatVector rounder = broadcast(Exponential.ROUNDER + middle);
        IntVector zero = rounder.reinterpretAsInts();
        for (int row = 0; row < rows.rows; row++, own = own + n == end ? 0 : own + n) {
            FloatVector factor = broadcast(rows.factors[row]);
            int from = row * rows.stride;
            int to = row * n;
            IntVector sum = IntVector.zero(I);
            for (int i = 0; i < n; i += L) {
                FloatVector centred = load(x, from + i).sub(load(shift, own + i));
                IntVector bits = centred.mul(factor).add(rounder).reinterpretAsInts();
                sum = sum.add(bits.sub(zero));
                bytes(bits).intoArray(out, to + i);
            }
            rows.sums[row] = sum.reduceLanes(VectorOperators.ADD);
        }
    }

    @Override
    public void integers(ScoreRows rows, float[] shift, float[] inverse, byte[] out) {
        float[] x = rows.x;
        int n = rows.n;
        for (int row = 0; row < rows.rows; row++) {
            int from = row * rows.stride;
            int to = row * n;
            for (int i = 0; i < n; i += L) {
                FloatVector rounded = load(x, from + i)
                        .sub(load(shift, i))
                        .mul(load(inverse, i))
                        .add(Exponential.ROUNDER);
                bytes(rounded.reinterpretAsInts()).intoArray(out, to + i);
            }
        }
    }

    @Override
    public void columnSums(ScoreRows rows, float[] sums) {
        float[] x = rows.x;
        int stride = rows.stride;
        int end = rows.rows * stride;
        int whole = rows.n - rows.n % (4 * L);
        for (int i = 0; i < whole; i += 4 * L) {
            FloatVector a = load(sums, i);
            FloatVector b = load(sums, i + L);
            FloatVector c = load(sums, i + 2 * L);
            FloatVector d = load(sums, i + 3 * L);
            for (int at = i; at < end; at += stride) {
                a = a.add(load(x, at));
                b = b.add(load(x, at + L));
                c = c.add(load(x, at + 2 * L));
                d = d.add(load(x, at + 3 * L));
            }
            a.intoArray(sums, i);
            b.intoArray(sums, i + L);
            c.intoArray(sums, i + 2 * L);
            d.intoArray(sums, i + 3 * L);
        }
        for (int i = whole; i < rows.n; i += L) {
            FloatVector sum = load(sums, i);
            for (int at = i; at < end; at += stride) {
                sum = sum.add(load(x, at));
            }
            sum.intoArray(sums, i);
        }
    }

    @Override
    public void columnLargest(ScoreRows rows, float[] shift, float[] largest) {
        float[] x = rows.x;
        int end = rows.rows * rows.stride;
        for (int i = 0; i < rows.n; i += L) {
            FloatVector centre = load(shift, i);
            IntVector bits = load(largest, i).reinterpretAsInts();
            for (int at = i; at < end; at += rows.stride) {
                bits = bits.max(magnitude(load(x, at).sub(centre)));
            }
            bits.reinterpretAsFloats().intoArray(largest, i);
        }
    }
}
