/** The sections of a report: words, tables and charts of one stage each. May use report.data, report.chart, report.html. */
package org.mixdq4j.report.section;
