package org.mixdq4j.evaluate.fid;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.QRDecomposition;

/**
 * A normal distribution whose covariance is kept as {@code F'F}. A covariance of fewer samples than features is singular;
 * its factor is as good as any other.
 *
 * @param mean one a feature
 * @param factor F, at most as many rows as features
 */
public record Gaussian(double[] mean, DMatrixRMaj factor) {
    /**
     * The distribution with the mean and the sample covariance (n - 1 in the denominator) of the rows.
     *
     * @param rows at least two, of one length
     */
    public static Gaussian ofSamples(float[][] rows) {
        if (rows.length < 2) {
            throw new IllegalArgumentException("a covariance needs two samples or more, not " + rows.length);
        }
        int features = rows[0].length;
        double[] mean = new double[features];
        for (float[] row : rows) {
            for (int j = 0; j < features; j++) {
                mean[j] += row[j];
            }
        }
        for (int j = 0; j < features; j++) {
            mean[j] /= rows.length;
        }
        double scale = 1 / Math.sqrt(rows.length - 1.0);
        DMatrixRMaj centred = new DMatrixRMaj(rows.length, features);
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < features; j++) {
                centred.data[i * features + j] = (rows[i][j] - mean[j]) * scale;
            }
        }
        return new Gaussian(mean, rows.length > features ? triangle(centred) : centred);
    }

    /** @param covariance symmetric; eigenvalues that rounding pushed below 0 count as 0 */
    public static Gaussian of(double[] mean, double[][] covariance) {
        int n = mean.length;
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
        if (!eigen.decompose(new DMatrixRMaj(covariance))) {
            throw new ArithmeticException("no eigenvalues of a covariance of " + n + " features");
        }
        DMatrixRMaj factor = new DMatrixRMaj(n, n);
        for (int i = 0; i < n; i++) {
            double root = Math.sqrt(Math.max(0, eigen.getEigenvalue(i).getReal()));
            DMatrixRMaj vector = eigen.getEigenVector(i);
            for (int j = 0; j < n; j++) {
                factor.data[i * n + j] = root * vector.data[j];
            }
        }
        return new Gaussian(mean, factor);
    }

    /** Sum of the variances. */
    double trace() {
        double sum = 0;
        for (int i = 0; i < factor.getNumElements(); i++) {
            sum += factor.data[i] * factor.data[i];
        }
        return sum;
    }

    /** R of A = QR: as R'R = A'A, it stands for A with as many rows as features. */
    private static DMatrixRMaj triangle(DMatrixRMaj a) {
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(a.numRows, a.numCols);
        if (!qr.decompose(a)) {
            throw new ArithmeticException("no QR decomposition of " + a.numRows + " x " + a.numCols + " features");
        }
        return qr.getR(null, true);
    }
}
