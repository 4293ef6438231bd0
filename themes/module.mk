# Themes: one file each, one word here.
