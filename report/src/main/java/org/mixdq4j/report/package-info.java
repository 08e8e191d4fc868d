/** One HTML file that shows what was measured, from what the stages wrote. May use core and the packages below it. */
package org.mixdq4j.report;
