package org.mixdq4j.core.prompt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.UsageException;

/**
 * A prompt with weights, as AUTOMATIC1111's web UI writes them: {@code (word)} weighs 1.1, {@code ((word))} 1.21,
 * {@code (word:1.3)} 1.3, {@code [word]} 1/1.1; brackets nest and multiply, one that is not closed reaches to the end, and a
 * backslash makes a bracket text. {@code BREAK} begins a new chunk, unless it stands in brackets.
 *
 * @param parts texts in a row, neighbours of unequal weight
 */
public record WeightedPrompt(List<Part> parts) {
    private static final double ROUND = 1.1;
    private static final double SQUARE = 1 / 1.1;

    /** The weight by which BREAK is known; in brackets it is multiplied and so becomes a word. */
    private static final double BREAK_WEIGHT = -1;

    private static final Pattern TOKENS = Pattern.compile(
            "\\\\[()\\[\\]\\\\]|\\\\|\\(|\\[" + "|:\\s*([+-]?[.\\d]+)\\s*\\)|\\)|\\]|[^\\\\()\\[\\]:]+|:",
            Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern BREAK = Pattern.compile("\\s*\\bBREAK\\b\\s*", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern EDITING =
            Pattern.compile("(?<!\\\\)\\[[^\\[\\]]*:\\s*[+-]?[.\\d]+\\s*(?<!\\\\)\\]", Pattern.DOTALL);
    private static final Pattern ALTERNATING = Pattern.compile("(?<!\\\\)\\[[^\\[\\]]*\\|[^\\[\\]]*(?<!\\\\)\\]");
    private static final Pattern COMPOSING = Pattern.compile("\\bAND\\b");
    private static final Pattern NETWORK = Pattern.compile("<(lora|lyco|hypernet):[^>]*>");

    /** @param weight of each of the text's tokens */
    public record Part(String text, double weight) {
        /** Whether it is no text but the beginning of a new chunk. */
        public boolean isBreak() {
            return text.equals("BREAK") && weight == BREAK_WEIGHT;
        }
    }

    public WeightedPrompt {
        parts = List.copyOf(parts);
    }

    /**
     * @throws UsageException if a weight is no number, or the prompt uses what is not supported: prompts that change with
     *     the step, several prompts in one, names of networks
     */
    public static WeightedPrompt parse(String prompt) {
        refuse(prompt, EDITING, "changes a prompt between steps");
        refuse(prompt, ALTERNATING, "changes a prompt between steps");
        refuse(prompt, COMPOSING, "makes several prompts of one");
        refuse(prompt, NETWORK, "names a network (give it with --lora)");
        return new WeightedPrompt(merged(weighted(prompt)));
    }

    private static void refuse(String prompt, Pattern pattern, String what) {
        Matcher found = pattern.matcher(prompt);
        if (found.find()) {
            throw new UsageException("The prompt holds \"" + found.group() + "\", which in this style " + what
                    + " and is not supported; write the prompt without it, or leave out --prompt-style.");
        }
    }

    private static List<Part> weighted(String prompt) {
        List<Part> parts = new ArrayList<>();
        Deque<Integer> round = new ArrayDeque<>();
        Deque<Integer> square = new ArrayDeque<>();
        Matcher matcher = TOKENS.matcher(prompt);
        while (matcher.find()) {
            String token = matcher.group();
            if (token.startsWith("\\")) {
                parts.add(new Part(token.substring(1), 1));
            } else if (token.equals("(")) {
                round.push(parts.size());
            } else if (token.equals("[")) {
                square.push(parts.size());
            } else if (matcher.group(1) != null && !round.isEmpty()) {
                multiply(parts, round.pop(), number(matcher.group(1)));
            } else if (token.equals(")") && !round.isEmpty()) {
                multiply(parts, round.pop(), ROUND);
            } else if (token.equals("]") && !square.isEmpty()) {
                multiply(parts, square.pop(), SQUARE);
            } else {
                String[] texts = BREAK.split(token, -1);
                for (int i = 0; i < texts.length; i++) {
                    if (i > 0) {
                        parts.add(new Part("BREAK", BREAK_WEIGHT));
                    }
                    parts.add(new Part(texts[i], 1));
                }
            }
        }
        // Brackets that were not closed, the outermost first.
        round.descendingIterator().forEachRemaining(start -> multiply(parts, start, ROUND));
        square.descendingIterator().forEachRemaining(start -> multiply(parts, start, SQUARE));
        return parts;
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "The prompt has the weight \"" + text + "\", expected a number as in (word:1.3); mend it.");
        }
    }

    private static void multiply(List<Part> parts, int from, double factor) {
        for (int i = from; i < parts.size(); i++) {
            parts.set(i, new Part(parts.get(i).text(), parts.get(i).weight() * factor));
        }
    }

    private static List<Part> merged(List<Part> parts) {
        List<Part> result = new ArrayList<>();
        for (Part part : parts) {
            int last = result.size() - 1;
            if (last >= 0 && result.get(last).weight() == part.weight()) {
                result.set(last, new Part(result.get(last).text() + part.text(), part.weight()));
            } else {
                result.add(part);
            }
        }
        return result.isEmpty() ? List.of(new Part("", 1)) : result;
    }
}
