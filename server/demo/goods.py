"""What the demo bar sells over the counter and through the ticket window: press, souvenirs, admissions."""

# One product a line, as in drinks.py: title; price; price on site; option sets; VAT rate of its own; unit.

PRESS = """
Le Matin des Quais;1.50;;
Le Courrier des Îles;1.40;;
La Gazette de la Rade;1.30;;
L'Écho du Soir;2.20;;
Le Journal du Dimanche marin;2.60;;
Le Quotidien du sport;2.30;;
L'Hebdo politique;4.50;;
Le Mensuel des voiliers;6.90;;
Cuisine et marées;4.90;;
Jardins de bord de mer;5.20;;
La Revue des phares;7.50;;
Sciences pour tous;5.90;;
Le Petit Moussaillon;3.50;;
Mots croisés de poche;2.90;;;normal
Sudoku et thé;2.90;;;normal
Guide des marées;3.80;;;réduit
Carte des sentiers;6.50;;;réduit
Almanach du marin;8.90;;;réduit
Cinéma hebdo;3.90;;
Musiques et scènes;4.90;;
Programme du festival;2.00;;;réduit
Presse étrangère;3.90;;
Numéro spécial régates;6.90;;
La Lettre économique;3.20;;
"""

SOUVENIRS = """
Carte postale;0.90;;
Lot de 5 cartes postales;3.50;;
Marque-page phare;2.50;;
Aimant phare;4.50;;
Porte-clés ancre;5.90;;
Mug du comptoir;9.90;;
Tablier marin;18.90;;
T-shirt rayé enfant;14.90;;
T-shirt rayé adulte;19.90;;
Marinière;39.90;;
Casquette;16.50;;
Bonnet de pêcheur;17.90;;
Parapluie pliant;15.90;;
Sac en toile;12.50;;
Puzzle du port;14.50;;
Peluche macareux;13.90;;
Bougie embruns;11.90;;
Savon aux algues;5.50;;
Affiche phare 50 x 70;22.00;;
Livre « Le port autrefois »;24.00;;;réduit
Livre de recettes;19.50;;;réduit
Caramels au beurre salé 200 g;6.90;;;normal
Galettes pur beurre 300 g;4.90;;;réduit
Sardines millésimées;5.80;;;réduit
Confiture de lait;5.20;;;réduit
Fleur de sel 250 g;4.60;;;réduit
Miel de bruyère 250 g;7.80;;;réduit
"""

ADMISSIONS = """
Concert grande salle;24.00;;tarif;
Concert petite salle;14.00;;tarif;
Concert du soir, première;18.00;;;particulier
Théâtre, création;20.00;;;particulier
Théâtre, reprise;16.00;;tarif;
Spectacle jeune public;8.00;;tarif;
Conte et marionnettes;6.00;;;particulier
Humour en scène;22.00;;tarif;
Cinéma plein air;6.50;;tarif;
Festival, un jour;28.00;;tarif;
Festival, trois jours;65.00;;tarif;
Exposition du phare;7.00;;tarif;
Musée de la pêche;6.00;;tarif;
Visite guidée du port;9.00;;tarif;intermédiaire
Montée au phare;4.50;;tarif;intermédiaire
Aquarium;12.50;;tarif;intermédiaire
Petit train des quais;7.00;;tarif;intermédiaire
Traversée aller simple;9.50;;tarif;intermédiaire
Traversée aller-retour;16.00;;tarif;intermédiaire
Sortie en vieux gréement;38.00;;tarif;intermédiaire
Initiation kayak;25.00;;;normal
Soirée dansante;10.00;;;normal
Vestiaire;2.00;;;normal
Entrée à prix libre;;;;
"""
