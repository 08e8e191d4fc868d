package org.mixdq4j.bitalloc.solve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Makes a choice better by changing one class or two at a time for as long as that helps. The nearer a known choice is to the
 * best, the more options {@link Reduced} can rule out: the rounded relaxation leaves room that fits no next step, and filling
 * it is most of what separates it from the best.
 */
final class Exchange {
    private static final int MOST_ROUNDS = 10_000;

    private record Move(int at, int option, long cost, double gain) {}

    private Exchange() {}

    /** @param choice one whose cost is within the capacity; the result is worth at least as much and within it too */
    static int[] improve(MultipleChoice problem, int[] choice) {
        int[] best = choice.clone();
        // Smaller gains would be rounding; they could go round in circles.
        double least = 1e-12 * Math.max(problem.range(), Double.MIN_NORMAL);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            List<Move> moves = moves(problem, best);
            long room = problem.capacity() - problem.cost(best);
            if (!step(moves, room, least, best)) {
                return best;
            }
        }
        return best;
    }

    /** All changes of one class, cheapest first, those that change nothing too: with one of them a pair is a single move. */
    private static List<Move> moves(MultipleChoice problem, int[] choice) {
        List<Move> moves = new ArrayList<>();
        for (int i = 0; i < choice.length; i++) {
            long[] cost = problem.cost()[i];
            double[] value = problem.value()[i];
            for (int k = 0; k < cost.length; k++) {
                moves.add(new Move(i, k, cost[k] - cost[choice[i]], value[k] - value[choice[i]]));
            }
        }
        moves.sort(Comparator.comparingLong(Move::cost)
                .thenComparing(Comparator.comparingDouble(Move::gain).reversed())
                .thenComparingInt(Move::at)
                .thenComparingInt(Move::option));
        return moves;
    }

    /** Makes the pair of moves of two classes that gains most and fits. @return whether there was one */
    private static boolean step(List<Move> moves, long room, double least, int[] choice) {
        Move first = null;
        Move second = null;
        double most = least;
        // As costs of one of the pair rise, those of the other that still fit fall; of these the best of two classes.
        Move[] best = {null, null};
        int fitting = 0;
        for (int i = moves.size() - 1; i >= 0; i--) {
            Move one = moves.get(i);
            while (fitting < moves.size() && moves.get(fitting).cost <= room - one.cost) {
                keep(best, moves.get(fitting++));
            }
            Move other = best[0] != null && best[0].at != one.at ? best[0] : best[1];
            if (other != null && other.at != one.at && one.gain + other.gain > most) {
                most = one.gain + other.gain;
                first = one;
                second = other;
            }
        }
        if (first == null) {
            return false;
        }
        choice[first.at] = first.option;
        choice[second.at] = second.option;
        return true;
    }

    /** The move of most gain, and that of most gain of another class. */
    private static void keep(Move[] best, Move move) {
        if (best[0] == null || move.gain > best[0].gain) {
            if (best[0] != null && best[0].at != move.at) {
                best[1] = best[0];
            }
            best[0] = move;
        } else if (move.at != best[0].at && (best[1] == null || move.gain > best[1].gain)) {
            best[1] = move;
        }
    }
}
