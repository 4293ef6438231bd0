#!/bin/sh -e
# embed.sh FILE.theme...: C source of the themes that the program carries, so
# that it needs no installed file to look right.
echo "/* Made by themes/embed.sh from themes/; do not edit. */"
echo "#include <residue/ui/theme.h>"
echo
echo "const struct theme_file theme_files[] = {"
for f; do
    b=${f##*/}
    printf '\t{"%s",\n' "${b%.theme}"
    sed 's/[\\"]/\\&/g; s/^/\t "/; s/$/\\n"/' "$f"
    printf '\t},\n'
done
echo "};"
echo "const unsigned theme_file_count = $#;"
