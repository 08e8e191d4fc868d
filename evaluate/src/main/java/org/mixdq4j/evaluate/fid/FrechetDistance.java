package org.mixdq4j.evaluate.fid;

import java.util.Random;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * Fréchet distance of two normal distributions (Dowson and Landau, 1982; of Inception features: FID, Heusel et al.,
 * 2017), {@code |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))}. Lower is more alike. Of few samples it is biased upwards,
 * the more the fewer there are: compare distances of equal counts only.
 *
 * <p>With C1 = A'A and C2 = B'B the eigenvalues of C1 C2 are those of (AB')(AB')' and zeros, so that the trace of the root
 * is the sum of the singular values of AB'. Neither a covariance nor its root is ever formed, and singular ones need no
 * care.
 */
public final class FrechetDistance {
    private FrechetDistance() {}

    public static double of(Gaussian a, Gaussian b) {
        if (a.mean().length != b.mean().length) {
            throw new IllegalArgumentException(
                    a.mean().length + " features cannot be compared with " + b.mean().length);
        }
        double distance = a.trace() + b.trace();
        for (int j = 0; j < a.mean().length; j++) {
            double difference = a.mean()[j] - b.mean()[j];
            distance += difference * difference;
        }
        DMatrixRMaj product = new DMatrixRMaj(a.factor().numRows, b.factor().numRows);
        CommonOps_DDRM.multTransB(a.factor(), b.factor(), product);
        // Rounding may leave the distance of equal distributions a little below 0.
        return Math.max(0, distance - 2 * sumOfSingularValues(product));
    }

    /** @param a features of one set of pictures, a row each, at least two */
    public static double of(float[][] a, float[][] b) {
        return of(Gaussian.ofSamples(a), Gaussian.ofSamples(b));
    }

    /**
     * The distance with the standard error a bootstrap over pictures gives. A resample draws as many pictures as there
     * are, with replacement.
     *
     * @param paired whether row i of both is of the same prompt; then both sets are resampled alike
     * @param resamples 0 for no standard error
     * @param seed the same seed gives the same error
     */
    public static Estimate estimate(float[][] a, float[][] b, boolean paired, int resamples, long seed) {
        double[] distances = new double[resamples];
        IntStream.range(0, resamples).parallel().forEach(r -> {
            // Resamples have a seed each, so that the order in which threads take them does not count.
            Random random = new Random(seed + 0x9e3779b97f4a7c15L * (r + 1));
            int[] first = draw(a.length, random);
            int[] second = paired ? first : draw(b.length, random);
            distances[r] = of(pick(a, first), pick(b, second));
        });
        return Estimate.ofResamples(of(a, b), distances);
    }

    private static int[] draw(int count, Random random) {
        return IntStream.range(0, count).map(i -> random.nextInt(count)).toArray();
    }

    private static float[][] pick(float[][] rows, int[] indices) {
        return IntStream.of(indices).mapToObj(i -> rows[i]).toArray(float[][]::new);
    }

    private static double sumOfSingularValues(DMatrixRMaj matrix) {
        SingularValueDecomposition_F64<DMatrixRMaj> svd =
                DecompositionFactory_DDRM.svd(matrix.numRows, matrix.numCols, false, false, true);
        if (!svd.decompose(matrix)) {
            throw new ArithmeticException(
                    "no singular values of " + matrix.numRows + " x " + matrix.numCols + " products of features");
        }
        double sum = 0;
        for (int i = 0; i < svd.numberOfSingularValues(); i++) {
            sum += svd.getSingularValues()[i];
        }
        return sum;
    }
}
