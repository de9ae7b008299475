"""What the demo bar's kitchen and oven serve: snacks, dishes, desserts, bread and pastry."""

# One product a line, as in drinks.py: title; price; price on site; option sets; VAT rate of its own; unit.

SNACKS = """
Sandwich jambon-beurre;4.20;5.20;
Sandwich fromage;4.20;5.20;
Sandwich poulet crudités;4.90;5.90;
Sandwich thon crudités;4.90;5.90;
Club saumon;5.90;6.90;
Panini trois fromages;5.20;6.20;
Panini chorizo;5.40;6.40;
Croque-monsieur;5.50;7.90;accompagnement
Croque-madame;6.20;8.60;accompagnement
Quiche lorraine;4.80;7.50;accompagnement
Quiche poireaux;4.80;7.50;accompagnement
Wrap falafel;5.80;6.90;
Wrap poulet curry;5.80;6.90;
Hot-dog;4.50;5.50;
Barquette de frites;3.00;3.80;
Grande barquette de frites;4.50;5.40;
Soupe du jour;3.90;5.50;
Salade niçoise;7.90;11.50;
Salade de chèvre chaud;7.90;11.50;
Salade César;8.20;11.90;
Planche de charcuterie;;13.50;
Planche de fromages;;13.50;
Planche mixte;;15.90;
Olives et tapenade;;4.50;
Rillettes de sardine;;6.80;
Chips de sarrasin;2.20;2.90;
"""

DISHES = """
Plat du jour;9.90;12.90;
Entrecôte 250 g;;19.90;cuisson,accompagnement
Bavette à l'échalote;;16.90;cuisson,accompagnement
Steak haché frais;10.50;13.50;cuisson,accompagnement
Burger du port;11.90;14.90;cuisson,accompagnement
Burger végétal;11.50;14.50;accompagnement
Tartare de bœuf;;15.90;accompagnement
Andouillette grillée;;14.90;accompagnement
Saucisse purée;9.80;12.80;
Poulet rôti;9.90;13.20;accompagnement
Magret de canard;;18.90;cuisson,accompagnement
Filet de lieu jaune;;17.50;accompagnement
Fish and chips;10.90;13.90;
Moules marinières;;13.90;accompagnement
Moules à la crème;;14.90;accompagnement
Pavé de saumon;;16.90;accompagnement
Risotto aux champignons;10.50;13.90;
Lasagnes maison;9.50;12.90;
Couscous du jeudi;11.50;14.50;
Galette complète;7.20;9.80;
Galette saucisse;6.20;8.40;
Galette forestière;7.80;10.50;
Galette fromage;5.90;8.20;
Omelette nature;6.50;8.90;accompagnement
Menu enfant;7.50;9.50;
Supplément fromage;1.00;1.00;
"""

DESSERTS = """
Crêpe au sucre;2.50;3.40;
Crêpe beurre-sucre;2.70;3.60;
Crêpe chocolat;3.30;4.50;
Crêpe caramel au beurre salé;3.50;4.80;
Crêpe flambée;;6.50;
Gaufre au sucre;3.00;4.20;
Gaufre chantilly;3.80;5.20;
Mousse au chocolat;3.60;5.50;
Crème brûlée;;6.20;
Île flottante;;5.90;
Tarte aux pommes;3.40;5.60;
Tarte au citron;3.60;5.90;
Far breton;3.20;4.90;
Kouign-amann;3.60;5.20;
Fondant au chocolat;4.20;6.50;
Riz au lait;2.90;4.60;
Salade de fruits;3.80;5.50;
Fromage blanc au miel;3.20;4.80;
Café gourmand;;7.50;
Glace une boule;2.40;3.20;parfum
Glace deux boules;3.90;4.90;parfum,parfum
Sorbet une boule;2.40;3.20;parfum
Coupe du capitaine;;8.20;
Dame blanche;;7.90;
Banana split;;8.50;
"""

BREAD = """
Baguette;1.10;;
Baguette tradition;1.35;;
Demi-baguette;0.60;;
Pain de campagne 400 g;2.60;;
Pain complet 400 g;2.80;;
Pain aux céréales 400 g;2.90;;
Pain de seigle 300 g;2.90;;
Pain au sarrasin 400 g;3.20;;
Boule de levain;4.20;;
Pain de mie;2.70;;
Ficelle;0.80;;
Fougasse aux olives;2.90;3.60;
Croissant;1.15;1.60;
Croissant aux amandes;2.20;2.80;
Pain au chocolat;1.25;1.70;
Pain aux raisins;1.60;2.10;
Chausson aux pommes;1.70;2.20;
Brioche tressée;4.80;;
Brioche individuelle;1.40;1.90;
Palmier;1.60;2.10;
Chouquettes (les 10);2.60;3.20;
Madeleine;0.90;1.20;
Cookie au chocolat;1.80;2.30;
Éclair au café;2.60;3.60;
Paris-Brest;3.20;4.60;
Biscuits en vrac;14.90;;;;kg
"""
