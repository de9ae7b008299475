"""What the demo bar pours: hot and cold drinks, beers, wines, cocktails and spirits."""

# One product a line: title; price; price on site (empty: the same); option sets; VAT rate of its own (empty: the
# department's); unit. Where only the second price is given, the product is served on site alone.

HOT = """
Café expresso;1.30;1.80;
Café allongé;1.40;1.90;
Double expresso;2.30;3.20;
Noisette;1.50;2.00;
Café crème;2.20;3.40;lait
Cappuccino;2.90;4.20;lait
Café viennois;3.20;4.60;
Café frappé;3.40;4.50;lait
Latte du quai;3.10;4.40;taille,lait
Latte noisette;3.40;4.70;taille,lait
Latte caramel salé;3.40;4.70;taille,lait
Moka;3.30;4.60;lait
Chocolat chaud maison;3.00;4.20;taille,lait
Chocolat viennois;3.50;4.80;
Thé noir de Ceylan;2.20;3.60;
Thé vert menthe;2.20;3.60;
Thé Earl Grey;2.20;3.60;
Rooibos vanille;2.20;3.60;
Infusion verveine;2.20;3.60;
Infusion tilleul;2.20;3.60;
Tisane du marin;2.50;3.80;
Lait chaud au miel;2.00;3.00;lait
Grog de la jetée;;5.50;;normal
Vin chaud;;4.50;;normal
Bouillon de légumes;2.60;3.50;
"""

COLD = """
Eau plate 50 cl;1.20;2.50;
Eau gazeuse 50 cl;1.40;2.80;
Eau gazeuse 1 L;2.10;4.80;
Cola du Finistère 33 cl;2.00;3.60;
Cola sans sucres 33 cl;2.00;3.60;
Limonade artisanale 33 cl;2.20;3.60;
Limonade cassis 33 cl;2.40;3.80;
Orange pressée;3.20;4.90;;intermédiaire
Citron pressé;3.00;4.70;;intermédiaire
Jus d'orange 25 cl;2.10;3.70;
Jus de pomme fermier 25 cl;2.20;3.80;
Jus de poire 25 cl;2.20;3.80;
Jus de tomate 25 cl;2.20;3.80;
Nectar d'abricot 25 cl;2.20;3.80;
Jus d'ananas 25 cl;2.20;3.80;
Thé glacé pêche;2.30;3.90;
Thé glacé citron;2.30;3.90;
Sirop à l'eau;1.20;2.20;sirop;intermédiaire
Diabolo;2.00;3.20;sirop;intermédiaire
Tonic 25 cl;2.30;3.80;
Ginger ale 25 cl;2.40;3.90;
Bière de gingembre 33 cl;2.80;4.40;
Milk-shake vanille;3.60;5.20;taille,lait;intermédiaire
Milk-shake fraise;3.60;5.20;taille,lait;intermédiaire
Smoothie rouge;3.90;5.50;taille;intermédiaire
Smoothie vert;3.90;5.50;taille;intermédiaire
"""

BEERS = """
Blonde pression 25 cl;3.20;3.80;bière
Blanche pression 25 cl;3.60;4.20;bière
Ambrée pression 25 cl;3.60;4.20;bière
IPA pression 25 cl;3.80;4.50;bière
Triple pression 25 cl;4.00;4.80;bière
Panaché;3.00;3.60;bière
Monaco;3.20;3.90;bière
Picon bière;4.20;4.90;bière
Blonde bouteille 33 cl;2.60;4.50;
Blanche bouteille 33 cl;2.80;4.70;
Brune bouteille 33 cl;2.90;4.90;
Rousse bouteille 33 cl;2.90;4.90;
Bière au sarrasin 33 cl;3.10;5.20;
Bière sans alcool 33 cl;2.30;4.20;
Bière du mois 33 cl;3.20;5.40;
Triple bouteille 75 cl;7.50;13.00;
Cidre brut 33 cl;2.40;4.30;
Cidre doux 33 cl;2.40;4.30;
Cidre brut 75 cl;5.20;11.00;
Poiré 75 cl;5.90;12.00;
Hydromel 12 cl;;4.80;
Pack dégustation 6 x 33 cl;16.90;;
Bière de Noël 33 cl;3.30;5.50;
Gobelet souvenir;1.50;1.50;
"""

WINES = """
Muscadet verre 12 cl;;4.20;
Chardonnay verre 12 cl;;4.50;
Sauvignon verre 12 cl;;4.60;
Riesling verre 12 cl;;4.90;
Rosé de Loire verre 12 cl;;4.00;
Rosé de Provence verre 12 cl;;4.80;
Chinon verre 12 cl;;4.60;
Côtes-du-rhône verre 12 cl;;4.40;
Bordeaux verre 12 cl;;4.70;
Bourgogne verre 12 cl;;5.90;
Coupe de crémant;;5.80;
Coupe de champagne;;9.50;
Kir;;4.80;crème
Kir breton;;4.60;crème
Muscadet bouteille 75 cl;9.80;21.00;
Chardonnay bouteille 75 cl;11.50;24.00;
Sauvignon bouteille 75 cl;11.90;25.00;
Rosé de Loire bouteille 75 cl;8.90;19.00;
Chinon bouteille 75 cl;12.40;25.00;
Côtes-du-rhône bouteille 75 cl;9.90;22.00;
Bordeaux bouteille 75 cl;12.90;27.00;
Bourgogne bouteille 75 cl;18.50;36.00;
Crémant bouteille 75 cl;13.90;29.00;
Champagne bouteille 75 cl;32.00;59.00;
Pichet de blanc 50 cl;;11.00;
Pichet de rouge 50 cl;;11.00;
"""

SPIRITS = """
Pastis 2 cl;;3.40;
Suze 4 cl;;4.20;
Martini rouge 6 cl;;4.80;
Martini blanc 6 cl;;4.80;
Porto 6 cl;;4.80;
Spritz;;7.90;
Mojito;;8.90;
Mojito sans alcool;;6.50;;intermédiaire
Caïpirinha;;8.90;
Gin tonic;;8.50;
Cuba libre;;8.50;
Moscow mule;;8.90;
Negroni;;9.20;
Margarita;;9.20;
Piña colada;;9.20;
Cocktail du capitaine;;9.90;
Virgin colada;;6.90;;intermédiaire
Whisky 4 cl;;6.50;
Whisky breton 4 cl;;8.20;
Rhum vieux 4 cl;;7.80;
Rhum arrangé 4 cl;;5.90;
Calvados 4 cl;;6.90;
Cognac 4 cl;;8.50;
Armagnac 4 cl;;8.20;
Chouchen 6 cl;;4.90;
Liqueur de menthe 4 cl;;5.50;
"""
