package org.mixdq4j.report.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Axes have round ticks that lie where their values do, and a place for every double. */
class AxisTest {
    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource({
        "0,100,'0,20,40,60,80,100'",
        "-3.2,7.9,'−4,−2,0,2,4,6,8'",
        "0.001,0.0042,'0.001,0.002,0.003,0.004,0.005'",
        "414.8,419.9,'414,415,416,417,418,419,420'",
        "0,1e9,'0,200000000,400000000,600000000,800000000,1000000000'"
    })
    void roundTicks(double low, double high, String labels) {
        Axis axis = Axis.linear(new double[] {low, high}, 300, 0);
        assertThat(axis.ticks()).extracting(Axis.Tick::label).containsExactly(labels.split(","));
        for (Axis.Tick tick : axis.ticks()) {
            double value = Double.parseDouble(tick.label().replace('−', '-'));
            assertThat(axis.at(value)).isCloseTo(tick.place(), within(1e-6));
        }
        assertThat(axis.ticks().get(0).place()).isCloseTo(300, within(1e-9));
    }

    @Test
    void valuesWithoutAPlaceLieBeyondTheEnds() {
        Axis axis = Axis.linear(new double[] {1, 2, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}, 300, 0);
        assertThat(axis.at(Double.POSITIVE_INFINITY)).isZero();
        assertThat(axis.at(Double.NEGATIVE_INFINITY)).isEqualTo(300);
        assertThat(axis.at(Double.NaN)).isEqualTo(300);
        assertThat(axis.at(2)).isCloseTo(20, within(1e-9));
        assertThat(axis.at(1)).isCloseTo(280, within(1e-9));
        assertThat(axis.hasAbove() && axis.hasBelow()).isTrue();
        assertThat(Axis.linear(new double[] {1, 2}, 300, 0).hasAbove()).isFalse();
    }

    @Test
    void powersOfTen() {
        Axis axis = Axis.log(new double[] {1e-5, 0.3, 0}, 300, 0);
        assertThat(axis.ticks()).extracting(Axis.Tick::label).containsExactly("10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1");
        assertThat(axis.at(0)).isEqualTo(300);
        assertThat(axis.at(1e-3) - axis.at(1e-4)).isCloseTo(axis.at(1e-2) - axis.at(1e-3), within(1e-9));
    }

    @Test
    void nothingOrOneValueStillGiveAnAxis() {
        for (double[] values : new double[][] {
            {}, {7}, {0, 0}, {Double.NaN}, {Double.POSITIVE_INFINITY}, {1e300, 1e300}, {-1e-300, 1e-300}
        }) {
            for (Axis axis : new Axis[] {Axis.linear(values, 300, 0), Axis.log(values, 300, 0)}) {
                assertThat(axis.ticks()).hasSizeBetween(0, 20);
                for (double value : values) {
                    assertThat(axis.at(value)).isBetween(-1e-6, 300.000001);
                }
            }
        }
    }
}
