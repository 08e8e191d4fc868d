/** What the stages wrote, read and checked, and held in Tablesaw tables. May use core, report.html and Tablesaw. */
package org.mixdq4j.report.data;
