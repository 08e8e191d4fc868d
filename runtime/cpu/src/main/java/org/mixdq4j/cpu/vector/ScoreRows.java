package org.mixdq4j.cpu.vector;

/**
 * Rows of scores that {@link ScoreLoops} work on one after the other, and numbers of each row: as many as the nearest cache
 * holds, so that a loop is called seldom. One thread's; arrays grow while steps are planned.
 */
public final class ScoreRows {
    /** Floats of all rows, about: a third of the smallest first cache. */
    private static final int ROOM = 3072;

    /** The scores. */
    public float[] x = new float[0];
    /** Rows that are worked on. */
    public int rows;
    /** Elements from one row to the next. */
    public int stride;
    /** Elements of a row that are looked at: a multiple of {@link ScoreLoops#STEP}. */
    public int n;
    /** The largest of each row. */
    public float[] maxima = new float[0];
    /** What each row is multiplied by. */
    public float[] factors = new float[0];
    /** The sum of each row. */
    public float[] sums = new float[0];

    final float[] lanes = new float[ScoreLoops.STEP];

    /** How many rows are worked on together. */
    public static int count(int stride) {
        return Math.max(1, ROOM / stride);
    }

    /** Makes room for as many rows as {@link #count} says. */
    public void plan(int stride) {
        plan(count(stride), stride);
    }

    /** Makes room for so many rows, be they more than the nearest cache holds. */
    public void plan(int rows, int stride) {
        x = x.length < rows * stride ? new float[rows * stride] : x;
        if (maxima.length < rows) {
            maxima = new float[rows];
            factors = new float[rows];
            sums = new float[rows];
        }
    }

    /** Says what is worked on: rows without gaps. */
    public void set(int rows, int stride) {
        set(rows, stride, stride);
    }

    /** Says what is worked on. */
    public void set(int rows, int stride, int n) {
        this.rows = rows;
        this.stride = stride;
        this.n = n;
    }
}
