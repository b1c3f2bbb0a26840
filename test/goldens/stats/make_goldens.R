# Makes r.json: golden values of src/stats from R 4.2.2 (base packages) and from the R code of the CRAN package
# contingencytables 3.0.0 (Fagerland, Lydersen and Laake), the independent implementation of Newcombe's paired
# interval and of mid-p. Run: Rscript make_goldens.R FOLDER_OF_THE_PACKAGE/R > r.json
folder <- commandArgs(trailingOnly = TRUE)[1]
for (file in list.files(folder, pattern = "[.]R$", full.names = TRUE)) try(source(file), silent = TRUE)

number <- function(x) sprintf("%.17g", as.numeric(x))
field <- function(name, x) {
  text <- number(x)
  if (length(x) != 1) text <- paste0("[", paste(text, collapse = ","), "]")
  paste0('"', name, '":', text)
}
row <- function(...) {
  values <- list(...)
  paste0("{", paste(mapply(field, names(values), values), collapse = ","), "}")
}
block <- function(name, rows) paste0('"', name, '":[\n', paste(rows, collapse = ",\n"), "\n]")

tables <- list(
  c(120, 1, 16, 27), c(150, 0, 6, 8), c(80, 0, 6, 78), c(36, 12, 2, 0), c(18, 12, 2, 18), c(53, 0, 0, 1),
  c(0, 30, 0, 0), c(1, 1, 7, 12), c(59, 6, 16, 80), c(100, 4, 6, 54), c(0, 20, 25, 1), c(500, 30, 18, 452)
)
# Cells in the order both, lost, gained, neither. The package takes row minus column, so base and variant are swapped.
newcombe <- sapply(tables, function(t) {
  ci <- Newcombe_square_and_add_CI_paired_2x2(matrix(c(t[1], t[3], t[2], t[4]), 2, byrow = TRUE))
  row(both = t[1], lost = t[2], gained = t[3], neither = t[4], low = ci$lower, high = ci$upper)
})
mcnemar <- sapply(list(c(1, 7), c(0, 6), c(1, 16), c(6, 10), c(4, 4), c(29, 17), c(0, 1)), function(f) {
  mid <- McNemar_midP_test_paired_2x2(matrix(c(10, f[1], f[2], 10), 2, byrow = TRUE))
  row(lost = f[1], gained = f[2], p = binom.test(f[1], sum(f))$p.value, midP = mid$midP)
})
wilson <- sapply(list(c(0, 20), c(15, 148), c(121, 164), c(164, 164)), function(k) {
  ci <- prop.test(k[1], k[2], correct = FALSE)$conf.int
  row(k = k[1], n = k[2], low = ci[1], high = ci[2])
})
adjusted <- sapply(list(c(0.01, 0.04, 0.03, 0.005), c(0.2, 0.2, 0.9, 0.001, 1)), function(p) {
  row(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))
})
cat("{", paste(c(block("newcombe", newcombe), block("mcnemar", mcnemar), block("wilson", wilson),
  block("multiplicity", adjusted)), collapse = ",\n"), "}\n", sep = "")
