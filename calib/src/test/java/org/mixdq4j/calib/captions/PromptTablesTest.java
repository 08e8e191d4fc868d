package org.mixdq4j.calib.captions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;

/** Lists of prompts as benchmarks publish them. */
class PromptTablesTest {
    private static final Path CASES = Path.of(System.getProperty("mixdq.root"), "util_files/cases/12-prompt-tables");

    @TempDir
    Path folder;

    private List<String> prompts(String name, String content) throws Exception {
        Path file = Files.writeString(folder.resolve(name), content.replace('\'', '"'));
        return Captions.all(file).stream().map(Caption::text).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prompts.tsv | a red circle; a blue square, on the grass; a green star",
                "prompts.csv | a red circle, in snow; a blue square; a \"green\" star",
                "prompts.json | a red circle; a blue square; a green star",
                "prompts.jsonl | a red circle; a blue square; a green star"
            })
    void eachPublishedFileGivesItsThreePrompts(String name, String expected) {
        assertThat(Captions.all(CASES.resolve(name))).extracting(Caption::text).containsExactly(expected.split("; "));
        assertThat(Captions.all(CASES.resolve(name))).extracting(Caption::id).containsExactly(1L, 2L, 3L);
        assertThat(Captions.read(CASES.resolve(name), 1, 2)).hasSize(2);
    }

    @Test
    void cellsInQuotes() throws Exception {
        assertThat(prompts(
                        "a.csv",
                        "\ufeffid, Prompt \r\n1,'two\r\nlines, one cell'\r\n2,\r\n3,'it''s'\r\n4, a 'b' c\r\n"))
                .containsExactly("two lines, one cell", "it\"s", "a \"b\" c");
        assertThat(prompts("b.tsv", "TEXT\tn\n'a, b'\t1\n'she' said\t2\n'a ''b'''\t3\n'unclosed\t4\n"))
                .containsExactly("a, b", "\"she\" said", "a \"b\"", "\"unclosed");
    }

    @Test
    void otherDelimitersAndNames() throws Exception {
        assertThat(prompts("a.csv", "n;caption\n1;a cat, asleep\n")).containsExactly("a cat, asleep");
        assertThat(prompts("b.txt", "Prompt\tCategory\na cat\tanimals\n")).containsExactly("a cat");
        assertThat(prompts("c.csv", "caption\na cat\n\na dog\n")).containsExactly("a cat", "a dog");
        assertThat(prompts("d.CSV", "negative_prompt,prompt\nugly,a cat\n")).containsExactly("a cat");
        assertThat(prompts("e.txt", "a cat, with; signs\n\tan indented line\n"))
                .containsExactly("a cat, with; signs", "an indented line");
    }

    @Test
    void jsonInEachForm() throws Exception {
        assertThat(prompts("a.json", "[{'Prompt': 'a cat', 'n': 1}, {'n': 2, 'Prompt': 'a dog'}]"))
                .containsExactly("a cat", "a dog");
        assertThat(prompts("b.json", "{'version': 1, 'prompts': ['a cat', 'a dog']}"))
                .containsExactly("a cat", "a dog");
        assertThat(prompts("c.json", "{'prompt': 'a cat'}")).containsExactly("a cat");
        assertThat(prompts("d.txt", "{'text': 'a cat'}\n\n{'text': 'a dog', 'x': {'y': []}}\n"))
                .containsExactly("a cat", "a dog");
        assertThat(prompts("e.jsonl", "'a cat'\n'a dog'\n")).containsExactly("a cat", "a dog");
        assertThat(prompts("f.json", "['a', null, ' ', 'b']")).containsExactly("a", "b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a.csv | Nr,Text,Prompt#1,a,b | several columns of prompts: its first line is [Nr, Text, Prompt]",
                "a.csv | a red circle#a blue square | no column of prompts: its first line is [a red circle]",
                "a.tsv | Name\tKind#x\ty | expected one called prompt, caption or text",
                "a.txt | a cat\tanimals#a dog\tanimals | no column of prompts",
                "a.csv | prompt,n#a cat, asleep,1 | line 2 has 3 cells under 2 columns; put text with a ',' in it into quotes",
                "a.csv | prompt,n#'a cat,1#b,2 | the cell in quotes that begins at line 2 does not end",
                "a.json | [{'name': 'x'}] | no column of prompts: entry 1 has [name]",
                "a.json | ['x', 3] | entry 2 is 3, expected a prompt",
                "a.json | [{'prompt': ['x']}] | entry 1 is an object whose prompt is [\"x\"]",
                "a.jsonl | {'prompt': 'x'}#{'prompt': | line 2 is not valid",
                "a.json | {'prompt': 'x', 'caption': 'y'} | several columns of prompts"
            })
    void whatIsNotClearIsRefused(String name, String content, String message) {
        assertThatThrownBy(() -> prompts(name, content.replace('#', '\n').replace("\\t", "\t")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(message);
    }
}
