/** One HTML file that shows what was measured, from what the stages wrote. May use core only. */
package org.mixdq4j.report;
