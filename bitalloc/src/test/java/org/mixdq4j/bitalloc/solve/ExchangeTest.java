package org.mixdq4j.bitalloc.solve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ExchangeTest {
    @Test
    void twoClassesChangeTogetherWhereNeitherFitsAlone() {
        MultipleChoice problem =
                new MultipleChoice(new long[][] {{2, 6}, {2, 5}}, new double[][] {{0, 10}, {0, 9}}, 0, 8);
        assertThat(Exchange.improve(problem, new int[] {0, 1})).containsExactly(1, 0);
        assertThat(Exchange.improve(problem, new int[] {0, 0})).containsExactly(1, 0);
    }

    @Test
    void oneClassAloneStaysAsItIs() {
        MultipleChoice problem = new MultipleChoice(new long[][] {{1, 2}}, new double[][] {{0, 1}}, 0, 2);
        assertThat(Exchange.improve(problem, new int[] {0})).containsExactly(0);
    }

    @RepeatedTest(50)
    void noChangeOfTwoClassesIsLeftThatFitsAndGains(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        long[][] cost = new long[8][3];
        double[][] value = new double[8][3];
        for (int i = 0; i < cost.length; i++) {
            for (int k = 0; k < 3; k++) {
                cost[i][k] = random.nextInt(20) + 20L * k;
                value[i][k] = random.nextDouble() * (k + 1);
            }
        }
        MultipleChoice problem = new MultipleChoice(cost, value, 0, 8 * 30);
        int[] start = Relaxation.of(problem).rounded();
        int[] improved = Exchange.improve(problem, start);
        assertThat(problem.cost(improved)).isLessThanOrEqualTo(problem.capacity());
        assertThat(problem.value(improved)).isGreaterThanOrEqualTo(problem.value(start));
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                for (int k = 0; k < 9; k++) {
                    int[] other = improved.clone();
                    other[i] = k / 3;
                    other[j] = k % 3;
                    assertThat(problem.cost(other) <= problem.capacity()
                                    && problem.value(other) > problem.value(improved) + 1e-9)
                            .isFalse();
                }
            }
        }
    }
}
